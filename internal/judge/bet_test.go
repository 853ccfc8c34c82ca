package judge

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestNoBetIsExpectedToWinAgainstATruth adds up every way in which a tally can fall, with its chance if the claim is true.
func TestNoBetIsExpectedToWinAgainstATruth(t *testing.T) {
	settings := Defaults()
	worse, asGood := settings.onWorse(), settings.onAsGood()
	for name, c := range map[string]struct {
		bet   bet
		truth float64 // the log ratio
	}{
		"as good as stable, bet on worse":        {worse, 0},
		"better than stable, bet on worse":       {worse, -1},
		"twice as bad, bet on good":              {asGood, math.Ln2},
		"ten times as bad, bet on good":          {asGood, math.Log(10)},
		"split as tolerated, bet on too much":    {settings.onSplit(+1), math.Log(1.5)},
		"split as promised, bet on too much":     {settings.onSplit(+1), 0},
		"split as promised, bet on too little":   {settings.onSplit(-1), 0},
		"at the limit, bet on above":             {settings.onAboveShare(), 0},
		"just not negligible, bet on negligible": {settings.onBelowShare(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, events := range []int{1, 2, 7, 40} {
				for _, odds := range []float64{-4, -2, 0, 1} {
					for _, temper := range []float64{1, 0.4, 0.1} {
						if e := fairness(c.bet, c.truth, odds, temper, events); e > 1+1e-9 {
							t.Errorf("%d events at log odds %v, each weighing %v: a stake of 1 is expected to become %v", events, odds, temper, e)
						}
					}
				}
			}
		})
	}
}

func fairness(b bet, truth, odds, temper float64, events int) (sum float64) {
	chance := distuv.Binomial{N: float64(events), P: 1 / (1 + math.Exp(-truth-odds))}
	for a := range events + 1 {
		bad := float64(a)
		after := b.play(nil, tally{odds: odds, a: bad, b: float64(events) - bad, temper: temper})
		sum += chance.Prob(bad) * math.Exp(after.capital())
	}
	return sum
}

func TestMoneySavedForLaterIsNotMadeOfNothing(t *testing.T) {
	settings := Defaults()
	split := Split{Weight: 50}
	for range 30 {
		// Without information the capital must stay what it was.
		fresh := split.Saved + math.Log(putIn)
		split.Over, split.Under = split.Over.paid(fresh), split.Under.paid(fresh)
		split.Saved += math.Log1p(-putIn)
		if capital := split.capital(); math.Abs(capital) > 1e-9 {
			t.Fatalf("capital became %v without a bet", math.Exp(capital))
		}
	}
	good := split.after(settings, Interval{Weight: 50, Canary: Counts{Requests: 500}, Stable: Counts{Requests: 500}})
	if good.capital() >= 0 {
		t.Errorf("a kept split made the capital %v", math.Exp(good.capital()))
	}
}

func TestBurstsAreLearnt(t *testing.T) {
	for name, c := range map[string]struct {
		bad       []float64 // a pattern
		intervals int
		low, top  float64
	}{
		"nothing was seen, so the worst is supposed": {[]float64{0}, 0, unknownFactor, unknownFactor},
		"half of what makes it known was seen":       {[]float64{0}, 15, 3, 3},
		"no bad requests":                            {[]float64{0}, 60, 1, 1},
		"the same every time":                        {[]float64{9}, 60, 1, 1},
		"single bad requests far apart":              {[]float64{1, 0, 0}, 60, 1, 1},
		"five at once, far apart":                    {[]float64{5, 0, 0}, 60, 4, 5},
		"one outage within an hour of nothing":       {append(make([]float64, 58), 500, 0), 60, 10, pairFactor},
		"one outage within a day of single ones":     {append(slices.Repeat([]float64{3, 1, 2}, 400), 500), 1201, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var b Bursts
			for n := range c.intervals {
				b = b.next(Counts{Requests: 1000, Bad: c.bad[n%len(c.bad)]})
			}
			if f := b.Factor(); f < c.low || f > c.top {
				t.Errorf("factor %v, want %v to %v", f, c.low, c.top)
			}
		})
	}
}
