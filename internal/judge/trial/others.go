package trial

import (
	"math"
	"slices"

	"github.com/kanari-dev/kanari/internal/judge"
)

// Threshold looks at the canary alone: of so many looks, one a minute, it fails the canary at the first one beyond those that are
// forgiven whose share of good requests is below atLeast, 0 to 1. A minute without requests is no such look.
func Threshold(atLeast float64, looks, forgiven int) Referee {
	return func(_, run []judge.Interval) int {
		failed := 0
		for n, interval := range run[:min(looks, len(run))] {
			if interval.Canary.Requests > 0 && 1-interval.Canary.Share() < atLeast {
				failed++
			}
			if failed > forgiven {
				return n + 1
			}
		}
		return 0
	}
}

// RankSum compares the bad shares of the minutes, not the requests, every so many minutes over all minutes until then: a Mann-Whitney
// test in the way of the well-known automatic canary judges. The canary fails if the 98 percent confidence interval of the shift lies
// above a quarter of the shift.
func RankSum(every int) Referee {
	const (
		quantile  = 2.326 // of the normal distribution, for 98 percent on two sides
		tolerance = 0.25
	)
	return func(_, run []judge.Interval) int {
		for minute := every; minute <= len(run); minute += every {
			low, middle := shift(run[:minute], quantile)
			if low > tolerance*math.Abs(middle) {
				return minute
			}
		}
		return 0
	}
}

// shift estimates how much higher the canary's minutes are (Hodges-Lehmann): the middle of all differences, and the lower end of its
// interval.
func shift(run []judge.Interval, quantile float64) (low, middle float64) {
	var canary, stable []float64
	for _, interval := range run {
		if interval.Canary.Requests > 0 {
			canary = append(canary, interval.Canary.Share())
		}
		if interval.Stable.Requests > 0 {
			stable = append(stable, interval.Stable.Share())
		}
	}
	m, n := float64(len(canary)), float64(len(stable))
	cut := math.Floor(m*n/2 - quantile*math.Sqrt(m*n*(m+n+1)/12))
	if cut < 0 {
		return math.Inf(-1), 0 // too few minutes for any interval
	}
	differences := make([]float64, 0, len(canary)*len(stable))
	for _, x := range canary {
		for _, y := range stable {
			differences = append(differences, x-y)
		}
	}
	if len(differences) == 0 {
		return math.Inf(-1), 0
	}
	slices.Sort(differences)
	return differences[int(cut)], differences[len(differences)/2]
}
