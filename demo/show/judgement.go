package show

import (
	"fmt"
	"math"
	"time"
)

// Judgement is what the judge said of two versions at one moment.
type Judgement struct {
	At      time.Time // when it was seen
	Run     string    // name of the AnalysisRun
	Until   string    // end of the last interval that was counted; tells one judgement of a Run from the next
	Outcome string    // Continue, Pass, Fail, Inconclusive or RouterFault
	Message string    // the judge's own sentence

	Canary, Stable              string // versions
	CanaryCount, StableCount    Count
	Worse, FailAt, Good, PassAt float64 // the evidence for each verdict, and how much of it is needed
	Low                         float64 // the canary has surely so many times the errors of the stable version
	Needs                       float64 // canary requests that are still missing; 0 when nobody can tell
	NeedsFor                    string  // Pass or Fail
}

// The judge's words for its verdicts about the canary, and for none yet. With all others it gives up.
const (
	Passed    = "Pass"
	Failed    = "Fail"
	Continues = "Continue"
)

// Decided says whether it is a verdict.
func (j Judgement) Decided() bool { return j.Outcome == Passed || j.Outcome == Failed }

// follows says whether it is news after another one.
func (j Judgement) follows(other Judgement) bool {
	return j.Run != other.Run || j.Until != other.Until || j.Outcome != other.Outcome
}

// Judged draws a judgement that came so long after the rollout's start.
func (p Paint) Judged(j Judgement, after time.Duration) string {
	style, word := Dim, "judge"
	switch j.Outcome {
	case Passed:
		style, word = Green, "PASS "
	case Failed:
		style, word = Red, "FAIL "
	}
	line := "  " + right(seconds(after), timeWidth) + "  " + word + "  "
	switch {
	case j.Decided() || j.Outcome == Continues:
		line += j.counts() + "; " + j.evidence()
	default:
		line += j.Message
	}
	return p.As(style, line)
}

func (j Judgement) counts() string {
	if j.CanaryCount.Requests == 0 {
		return j.Canary + ": nothing counted yet"
	}
	return fmt.Sprintf("%s %s/%s bad, %s %s/%s", j.Canary, thousands(j.CanaryCount.Errors), thousands(j.CanaryCount.Requests),
		j.Stable, thousands(j.StableCount.Errors), thousands(j.StableCount.Requests))
}

// evidence tells of the verdict that is, or that is nearer.
func (j Judgement) evidence() string {
	worse, good := fmt.Sprintf("E %s of %.0f", stake(j.Worse), j.FailAt), fmt.Sprintf("E %s of %.0f", stake(j.Good), j.PassAt)
	switch {
	case j.Outcome == Failed && j.Low > 1:
		return fmt.Sprintf("%s: at least %.1f times as bad", worse, j.Low)
	case j.Outcome == Failed:
		return worse + ": too many of its own"
	case j.Outcome == Passed:
		return good + ": good by all the evidence"
	case j.Needs == 0:
		return "this traffic cannot decide it"
	case j.NeedsFor == Failed:
		return worse + " to fail; " + more(j.Needs)
	}
	return good + " to pass; " + more(j.Needs)
}

// more tells of a forecast in two figures, for it is no better than that.
func more(requests float64) string {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(requests))-1))
	return fmt.Sprintf("~%s more requests", thousands(int(math.Round(requests/unit)*unit)))
}

// stake writes evidence so that what is not enough does not look like enough.
func stake(e float64) string {
	if e >= 10 {
		return thousands(int(e))
	}
	return fmt.Sprintf("%.1f", math.Floor(10*e)/10)
}

// few picks so many judgements at most, two or more, evenly: the first and the last are among them.
func few(all []Judgement, most int) []Judgement {
	if len(all) <= most {
		return all
	}
	picked := make([]Judgement, most)
	for i := range picked {
		picked[i] = all[i*(len(all)-1)/(most-1)]
	}
	return picked
}
