package judge

import (
	"fmt"
	"time"
)

// Settings say what counts as worse, and how sure the judge must be. Start from Defaults; zero is a value, not a default.
type Settings struct {
	// Tolerated is the ratio of bad shares (canary to stable) that is still as good: 1 is no worse, 1.25 is up to a quarter worse.
	Tolerated float64 `json:"tolerated"`
	// MinEffect is the ratio that a failing canary surely exceeds: the lower end of the interval must reach it. At least Tolerated.
	MinEffect float64 `json:"minEffect"`
	// Worse is the ratio that a passing canary surely stays below. More than Tolerated.
	Worse float64 `json:"worse"`
	// Negligible is a bad share, 0 to 1, that nobody minds: a canary surely below it passes, whatever the ratio. 0 knows no such share.
	Negligible float64 `json:"negligible"`
	// Limit is the absolute guard: a canary whose bad share, 0 to 1, is surely above it fails, whatever stable does. 0 sets no limit.
	Limit float64 `json:"limit"`

	// Alpha is the chance, 0 to 1, that a good canary ever fails, over all looks together.
	Alpha float64 `json:"alpha"`
	// Beta is the chance, 0 to 1, that a bad canary ever passes, over all looks together.
	Beta float64 `json:"beta"`
	// Metrics is how many comparisons judge the same canary; they share Alpha.
	Metrics int `json:"metrics"`
	// MinBad is how many bad canary requests a fail needs.
	MinBad float64 `json:"minBad"`
	// MinIntervals is how many intervals with bad canary requests a fail needs: one burst is no verdict.
	MinIntervals int `json:"minIntervals"`

	// SplitTolerance is how far the odds of a request to reach the canary may be from those the weight promises, as a factor, before
	// the router is at fault.
	SplitTolerance float64 `json:"splitTolerance"`
	// WarmUp is how long after the beginning intervals are left out, so that cold caches are not held against the canary.
	WarmUp time.Duration `json:"warmUp"`
	// Deadline is how long after the beginning an open question becomes Inconclusive. 0 never gives up.
	Deadline time.Duration `json:"deadline"`
}

// Defaults are the settings that the stated error rates are tested with.
func Defaults() Settings {
	return Settings{
		Tolerated: 1, MinEffect: 1.1, Worse: 2, Negligible: 0.001,
		Alpha: 0.01, Beta: 0.05, Metrics: 1, MinBad: 5, MinIntervals: 3,
		SplitTolerance: 1.5, Deadline: time.Hour,
	}
}

// Check tells the first setting that makes no sense, and what would.
func (s Settings) Check() error {
	for _, rule := range []struct {
		holds bool
		says  string
	}{
		{s.Tolerated > 0, "tolerated must be more than 0: 1 means no worse than stable"},
		{s.MinEffect >= s.Tolerated, "minEffect must not be below tolerated"},
		{s.Worse > s.Tolerated, "worse must be more than tolerated"},
		{s.MinEffect < ratioEnd && s.Worse < ratioEnd, "minEffect and worse must be less than 50"},
		{s.Negligible >= 0 && s.Negligible < 1, "negligible is a share: 0 to less than 1"},
		{s.Limit >= 0 && s.Limit < 1, "limit is a share: 0 to less than 1"},
		{s.Limit == 0 || s.Limit > s.Negligible, "limit must be more than negligible"},
		{s.Alpha > 0 && s.Alpha <= 0.5, "alpha is a chance: more than 0, at most 0.5"},
		{s.Beta > 0 && s.Beta <= 0.5, "beta is a chance: more than 0, at most 0.5"},
		{s.Metrics >= 1, "metrics must be at least 1"},
		{s.MinBad >= 1, "minBad must be at least 1"},
		{s.MinIntervals >= 1, "minIntervals must be at least 1"},
		{s.SplitTolerance > 1, "splitTolerance is a factor: more than 1"},
		{s.WarmUp >= 0, "warmUp must not be negative"},
		{s.Deadline == 0 || s.Deadline > s.WarmUp, "deadline must be later than warmUp, or 0 for none"},
	} {
		if !rule.holds {
			return fmt.Errorf("%s", rule.says)
		}
	}
	return nil
}
