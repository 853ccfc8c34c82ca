package judge

import "math"

// Bursts learns from the stable version how much more its bad requests vary from one interval to the next than independent ones would:
// a factor on the variance. Neighbours are compared, so that a slow change of the rate is not taken for bursts.
type Bursts struct {
	// Seen and Due are sums over pairs of neighbouring intervals: the squared difference that was seen, and the one that independent
	// requests would have made.
	Seen float64 `json:"seen"`
	Due  float64 `json:"due"`
	// Chance is the variance that Seen would have if requests were independent.
	Chance float64 `json:"chance"`
	// Intervals is how many were seen.
	Intervals int `json:"intervals"`
	// Last is the latest interval of stable, to be paired with the next.
	Last Counts `json:"last"`
}

const (
	// What is supposed beforehand weighs as much as ten events.
	firstDue = 2.5
	// A service without a past is supposed to be bursty; the more intervals were seen, the less so, and from so many on not at all.
	unknownFactor = 5.0
	knownFrom     = 30
	// No pair counts as more than this many events, and none shows a larger factor: one outage is not the way the service always is.
	pairDue    = 10.0
	pairFactor = 60.0
	// caution stretches what was learnt beyond 1, for it is only an estimate.
	caution = 1.3
)

func (b Bursts) next(stable Counts) Bursts {
	if stable.Requests == 0 {
		return b
	}
	before := b.Last
	b.Last = stable
	b.Intervals++
	bad := before.Bad + stable.Bad
	if before.Requests == 0 || bad == 0 {
		return b
	}
	share := stable.Requests / (before.Requests + stable.Requests)
	due := bad * share * (1 - share)
	off := stable.Bad - bad*share
	weighs := min(due, pairDue)
	b.Seen += weighs * min(off*off/due, pairFactor)
	b.Due += weighs
	b.Chance += 2 * weighs * weighs * max(0, 1-1/bad)
	return b
}

// Factor is the variance of the stable version's bad requests against independent ones, 1 or more. What chance alone may well have made
// of independent requests, one standard deviation, is not held against them.
func (b Bursts) Factor() float64 {
	unknown := math.Max(0, 1-float64(b.Intervals)/knownFrom)
	first := 1 + (unknownFactor-1)*unknown
	return math.Max(1, (b.Seen-math.Sqrt(b.Chance)+first*firstDue)/(b.Due+firstDue))
}

// temper is what a single bad request weighs if they come in such bursts.
func (b Bursts) temper() float64 { return 1 / (1 + caution*(b.Factor()-1)) }
