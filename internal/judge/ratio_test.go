package judge

import (
	"fmt"
	"math"
	"testing"
)

// TestTheGridIsFineEnough holds the curve between its nodes against the exact likelihood, from a handful of bad requests to millions.
func TestTheGridIsFineEnough(t *testing.T) {
	for _, ratio := range []float64{0.3, 1, 1.05, 1.3, 5, 20} {
		for _, stable := range []float64{10, 1e3, 1e5, 1e6} {
			t.Run(fmt.Sprintf("%v times %v", ratio, stable), func(t *testing.T) {
				seen := tally{odds: -math.Log(9), a: ratio * stable / 9, b: stable, temper: 1}
				c := curve(nil).plus(seen)
				if peak := math.Exp(c.peak()); math.Abs(peak/ratio-1) > 0.001 {
					t.Errorf("peak at %v", peak)
				}
				low, high := c.span()
				if !(low < math.Log(ratio) && math.Log(ratio) < high) {
					t.Errorf("%v to %v is not around it", math.Exp(low), math.Exp(high))
				}
				for _, end := range []float64{low, high} {
					drop, exact := c.at(c.peak())-c.at(end), seen.fit(math.Log(ratio))-seen.fit(end)
					if math.Abs(drop-exact) > 0.3 { // of the ten or so that make an end
						t.Errorf("at %v the likelihood has dropped by %v, exactly %v", math.Exp(end), drop, exact)
					}
				}
			})
		}
	}
}

func TestMoreEvidenceNarrowsTheSpan(t *testing.T) {
	last := math.Inf(1)
	for _, stable := range []float64{10, 100, 1e3, 1e4, 1e5, 1e6} {
		low, high := curve(nil).plus(tally{odds: -math.Log(9), a: 2 * stable / 9, b: stable, temper: 1}).span()
		if high-low >= last {
			t.Errorf("%v bad requests leave %v to %v", stable, math.Exp(low), math.Exp(high))
		}
		last = high - low
	}
}
