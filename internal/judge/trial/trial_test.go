package trial

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"github.com/kanari-dev/kanari/internal/judge"
)

func TestTrafficIsAsAsked(t *testing.T) {
	for name, noise := range map[string]Noise{
		"independent":         {Variance: 1},
		"bursts of five":      {Variance: 5},
		"moods of five":       {Variance: 5, Moods: true},
		"bursts of twenty":    {Variance: 20},
		"moods of one and .5": {Variance: 1.5, Moods: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := Service{Total: 3000, Weight: Always(10), Bad: Always(0.01), Ratio: 2, Noise: noise}
			var requests, canary, stable []float64
			for seed := range uint64(40) {
				_, run := s.Run(seed*7919, 100)
				for _, interval := range run {
					requests = append(requests, interval.Canary.Requests+interval.Stable.Requests)
					canary, stable = append(canary, interval.Canary.Bad), append(stable, interval.Stable.Bad)
				}
			}
			near(t, "requests", stat.Mean(requests, nil), 3000, 0.01)
			near(t, "bad canary requests", stat.Mean(canary, nil), 6, 0.1)
			near(t, "bad stable requests", stat.Mean(stable, nil), 27, 0.1)
			near(t, "stable's variance", stat.Variance(stable, nil)/stat.Mean(stable, nil), max(1, noise.Variance), 0.15)
		})
	}
}

func near(t *testing.T, what string, got, want, part float64) {
	t.Helper()
	if math.Abs(got-want) > part*want {
		t.Errorf("%s: %.4g, want about %v", what, got, want)
	}
}

func TestARunFollowsFromItsSeed(t *testing.T) {
	s := Service{Total: 300, Weight: Always(10), Bad: Always(0.01), Ratio: 1, Noise: Noise{Variance: 3}, Past: 5}
	past, run := s.Run(1, 20)
	samePast, sameRun := s.Run(1, 20)
	if diff := cmp.Diff([][]judge.Interval{past, run}, [][]judge.Interval{samePast, sameRun}); diff != "" {
		t.Error(diff)
	}
	if _, other := s.Run(2, 20); cmp.Equal(run, other) {
		t.Error("another seed rolls the same run")
	}
}

func TestBoundsAreExact(t *testing.T) {
	for name, c := range map[string]struct {
		rate        Rate
		most, least float64
	}{
		"none of a hundred": {Rate{Hits: 0, Runs: 100}, 1 - math.Pow(0.05, 0.01), 0},
		"all of a hundred":  {Rate{Hits: 100, Runs: 100}, 1, math.Pow(0.05, 0.01)},
		"five of a hundred": {Rate{Hits: 5, Runs: 100}, 0.1022534, 0.0199129}, // from tables of Clopper and Pearson
	} {
		t.Run(name, func(t *testing.T) {
			if diff := math.Abs(c.rate.AtMost(0.05)-c.most) + math.Abs(c.rate.AtLeast(0.05)-c.least); diff > 1e-4 {
				t.Errorf("%v to %v, want %v to %v", c.rate.AtLeast(0.05), c.rate.AtMost(0.05), c.least, c.most)
			}
		})
	}
}

func shares(canary, stable []float64) (run []judge.Interval) {
	for n := range canary {
		run = append(run, judge.Interval{
			Canary: judge.Counts{Requests: 100, Bad: canary[n]}, Stable: judge.Counts{Requests: 100, Bad: stable[n]}, At: at(n),
		})
	}
	return run
}

func TestOtherJudges(t *testing.T) {
	rising := func(from float64) (values []float64) {
		for n := range 20 {
			values = append(values, from+float64(n%4))
		}
		return values
	}
	zeros := make([]float64, 20)
	for name, c := range map[string]struct {
		referee        Referee
		canary, stable []float64
		want           int
	}{
		"threshold: one bad look is forgiven": {Threshold(0.95, 5, 1), []float64{9, 0, 0, 0, 0}, zeros, 0},
		"threshold: the second is not":        {Threshold(0.95, 5, 1), []float64{9, 0, 9, 0, 0}, zeros, 3},
		"threshold: looks come to an end":     {Threshold(0.95, 5, 1), []float64{9, 0, 0, 0, 0, 9}, zeros, 0},
		"ranks: the same":                     {RankSum(10), rising(3), rising(3), 0},
		"ranks: much higher":                  {RankSum(10), rising(20), rising(3), 10},
		"ranks: lower":                        {RankSum(10), rising(3), rising(20), 0},
		"ranks: nothing but ties":             {RankSum(10), zeros, zeros, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.referee(nil, shares(c.canary, c.stable)); got != c.want {
				t.Errorf("fails in minute %d, want %d", got, c.want)
			}
		})
	}
}
