package trial

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/kanari-dev/kanari/internal/judge"
)

// Referee judges one run and tells the minute, from 1, after which it ended it as failed; 0 if it never did.
type Referee func(past, run []judge.Interval) int

// Rate is how often something happened in independent runs.
type Rate struct {
	Hits, Runs int
	// Minutes are when it happened, sorted.
	Minutes []int
}

// Fails counts how often a referee fails the canary of a service within an hour. Run n is rolled with first+n.
func Fails(referee Referee, s Service, first uint64, runs, minutes int) Rate {
	r := Rate{Runs: runs}
	for n := range runs {
		past, run := s.Run((first+uint64(n))*0x2545f4914f6cdd1d, minutes)
		if minute := referee(past, run); minute > 0 {
			r.Hits++
			r.Minutes = append(r.Minutes, minute)
		}
	}
	slices.Sort(r.Minutes)
	return r
}

// Share is the part of the runs, 0 to 1.
func (r Rate) Share() float64 { return float64(r.Hits) / float64(r.Runs) }

// AtMost is the exact (Clopper-Pearson) upper bound of the chance behind the rate: were it any higher, so few hits would come with a
// chance of doubt at most.
func (r Rate) AtMost(doubt float64) float64 {
	if r.Hits == r.Runs {
		return 1
	}
	return mathext.InvRegIncBeta(float64(r.Hits+1), float64(r.Runs-r.Hits), 1-doubt)
}

// AtLeast is the exact lower bound.
func (r Rate) AtLeast(doubt float64) float64 {
	if r.Hits == 0 {
		return 0
	}
	return mathext.InvRegIncBeta(float64(r.Hits), float64(r.Runs-r.Hits+1), doubt)
}

// Median is the middle of Minutes; 0 without any.
func (r Rate) Median() int {
	if len(r.Minutes) == 0 {
		return 0
	}
	return r.Minutes[len(r.Minutes)/2]
}

func (r Rate) String() string {
	return fmt.Sprintf("%d of %d (%.2f%%)", r.Hits, r.Runs, 100*r.Share())
}
