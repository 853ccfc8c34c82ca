package judge

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Split watches whether the router keeps the weight, since the weight was last changed.
type Split struct {
	// Weight is what the router was told, in percent.
	Weight float64 `json:"weight"`
	// Canary and Stable are the requests that came.
	Canary float64 `json:"canary"`
	Stable float64 `json:"stable"`
	// Over and Under are bets that the canary gets more, or less, than tolerated.
	Over  purse `json:"over,omitempty"`
	Under purse `json:"under,omitempty"`
	// Saved is the part of the stake not yet put into play, as a log: a router may go wrong late, so every interval plays some more.
	Saved float64 `json:"saved"`
	// Unseen is how many intervals passed before the canary was counted at all.
	Unseen int `json:"unseen,omitempty"`
}

const (
	// An interval says no more about the split than so many independent requests would: a connection carries many of them.
	splitRequests = 200
	// putIn is the part of the savings that an interval puts into play.
	putIn = 0.1
	// unseenIntervals is how long a canary that is not counted at all is no sign of a wrong split: a scrape has to find new pods first.
	unseenIntervals = 3
	// reachOfSplit is the scale of the stakes, in logs: a split that is wrong is so by a factor of two or three.
	reachOfSplit = 1.0
)

// splitBar is the log of the capital that proves a wrong split: a sound router is called faulty once in a thousand weights.
var splitBar = math.Log(1000)

func (s Settings) onSplit(side float64) bet {
	tolerated := side * math.Log(s.SplitTolerance)
	return bet{null: tolerated, from: tolerated, side: side, reach: reachOfSplit, most: splitBar}
}

func (p Split) after(s Settings, i Interval) Split {
	if p.Weight != i.Weight {
		p = Split{Weight: i.Weight}
	}
	p.Canary += i.Canary.Requests
	p.Stable += i.Stable.Requests
	if i.Weight == 0 || i.Weight == 100 {
		return p
	}
	if p.Canary == 0 && p.Unseen < unseenIntervals {
		p.Unseen++ // whoever counts may not have found the new pods yet
		return p
	}
	t := tally{
		odds: math.Log(i.Weight / (100 - i.Weight)),
		a:    i.Canary.Requests, b: i.Stable.Requests,
		temper: min(1, splitRequests/(i.Canary.Requests+i.Stable.Requests)),
	}
	fresh := p.Saved + math.Log(putIn)
	p.Over = s.onSplit(+1).play(p.Over.paid(fresh), t)
	p.Under = s.onSplit(-1).play(p.Under.paid(fresh), t)
	p.Saved += math.Log1p(-putIn)
	return p
}

// paid returns the purse with more money on each stake.
func (p purse) paid(fresh float64) purse {
	after := make(purse, stakes)
	for i := range after {
		after[i] = fresh
		if len(p) > 0 {
			after[i] += softplus(p[i] - fresh) // the log of the sum
		}
	}
	return after
}

// capital is the log of all that is in play and saved; both bets hold half of the stake.
func (p Split) capital() float64 {
	if len(p.Over) == 0 {
		return 0
	}
	return floats.LogSumExp([]float64{halves(p.Over.capital(), p.Under.capital()), p.Saved})
}

func (p Split) wrong() bool { return p.capital() >= splitBar }

// share is the canary's part of the requests, 0 to 1.
func (p Split) share() float64 {
	if p.Canary+p.Stable == 0 {
		return 0
	}
	return p.Canary / (p.Canary + p.Stable)
}
