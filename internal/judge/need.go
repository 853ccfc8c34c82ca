package judge

import (
	"math"
	"time"

	"gonum.org/v1/gonum/floats"
)

// Need is what is still missing for an outcome, if things go on as they did: about that much, for chance goes on too.
type Need struct {
	// For is the outcome that the forecast is about: Fail if the evidence leans that way, else Pass, supposing the canary is as good.
	For Outcome `json:"for"`
	// Requests is how many more the canary must answer.
	Requests float64 `json:"requests"`
	// Time is how long that takes at the present weight and traffic, a year at most; 0 when the canary has no traffic.
	Time time.Duration `json:"time"`
}

// A forecast gives up at so many requests, and counts no further than a year.
const (
	mostRequests = 1e9
	longest      = 365 * 24 * time.Hour
)

func (s State) need() *Need {
	if s.eWorse() > s.eGood() {
		if n := s.needToFail(); n != nil {
			return n
		}
	}
	return s.needToPass()
}

// outlook is what one canary request, and the stable requests that come with it, are expected to tell if such shares of them are bad.
func (s State) outlook(canary, stable float64) tally {
	p := s.Split
	if p.Canary == 0 || p.Stable == 0 {
		return tally{}
	}
	along := p.Stable / p.Canary
	return tally{odds: -math.Log(along), a: canary, b: stable * along, temper: s.Bursts.temper()}
}

func (s State) needToFail() *Need {
	one := s.outlook(s.Canary.Share(), s.Stable.Share())
	gain := s.Settings.onWorse().drift(one)
	ratios := curve(nil).plus(one)
	missing := s.missingIntervals()
	return s.forecast(Fail, func(n float64) bool {
		if n < missing || s.Canary.Bad+n*s.Canary.Share() < s.Settings.MinBad {
			return false
		}
		if s.Bets.NotWorse.ahead(gain, n)-s.handicap() < s.Settings.failBar() {
			return false
		}
		low, _ := s.Ratios.ahead(ratios, n).span()
		return low >= math.Log(s.Settings.MinEffect)
	})
}

// missingIntervals is how many canary requests come in the intervals that a fail still needs.
func (s State) missingIntervals() float64 {
	if s.Intervals == 0 {
		return 0
	}
	return float64(s.Settings.MinIntervals-s.BadIntervals) * s.Canary.Requests / float64(s.Intervals)
}

func (s State) needToPass() *Need {
	both := s.Canary.Plus(s.Stable).Share()
	ratio := s.Settings.onAsGood().drift(s.outlook(both, both))
	if s.Settings.Negligible == 0 {
		return s.forecast(Pass, func(n float64) bool { return s.Bets.Worse.ahead(ratio, n) >= s.Settings.passBar() })
	}
	one := Counts{Requests: 1, Bad: both}
	share := s.Settings.onBelowShare().drift(badShare(one, s.Settings.Negligible, s.Bursts.temper()))
	return s.forecast(Pass, func(n float64) bool {
		return halves(s.Bets.Worse.ahead(ratio, n), s.Bets.Noticeable.ahead(share, n)) >= s.Settings.passBar()
	})
}

// drift is what each stake gains by one request, on average.
func (b bet) drift(one tally) [stakes]float64 {
	b.most = math.Inf(1)
	return b.win(one)
}

// ahead is the capital after n more requests of the same gain.
func (p purse) ahead(gain [stakes]float64, n float64) float64 {
	after := make(purse, stakes)
	copy(after, p)
	floats.AddScaled(after, n, gain[:])
	return after.capital()
}

func (c curve) ahead(gain curve, n float64) curve {
	after := make(curve, gridNodes)
	copy(after, c)
	floats.AddScaled(after, n, gain)
	return after
}

// forecast finds the smallest number of canary requests, within a hundredth, that is enough.
func (s State) forecast(outcome Outcome, enough func(n float64) bool) *Need {
	most := 1.0
	for !enough(most) {
		if most *= 2; most > mostRequests {
			return nil
		}
	}
	least := most / 2
	for most-least > max(1, least/100) {
		mid := (least + most) / 2
		if enough(mid) {
			most = mid
			continue
		}
		least = mid
	}
	need := &Need{For: outcome, Requests: math.Ceil(most)}
	if s.Split.Canary > 0 {
		took := math.Ceil(most) / s.Split.Canary * float64(s.Span)
		need.Time = time.Duration(min(took, float64(longest))).Round(time.Second)
	}
	return need
}
