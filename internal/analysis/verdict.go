package analysis

import (
	"fmt"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// tally is what the metrics of a run come to.
type tally struct {
	all        bool // every metric has ended
	worst      v1alpha1.AnalysisPhase
	message    string
	run, dryly v1alpha1.RunSummary
}

// verdict gives the run its phase.
func verdict(t *turn) outcome {
	sum := t.tally()
	t.status.RunSummary, t.status.DryRunSummary = sum.run, &sum.dryly
	if !sum.all && !t.terminating() {
		if t.status.Phase != v1alpha1.AnalysisPhaseRunning {
			t.status.Phase, t.status.Message = v1alpha1.AnalysisPhaseRunning, ""
		}
		return goOn
	}
	if t.run.Spec.Terminate && sum.message == "" {
		sum.message = "Run Terminated"
	}
	t.end(sum.worst, sum.message)
	return goOn
}

func (t *turn) tally() tally {
	sum := tally{all: true, worst: v1alpha1.AnalysisPhaseSuccessful}
	for _, g := range t.gauges {
		summary := &sum.run
		if g.dryRun {
			summary = &sum.dryly
		}
		summary.Count++
		r := t.result(g.metric.Name)
		if !completed(r) {
			sum.all = false
			continue
		}
		phase, text := beyond(g.limits, r)
		enter(summary, phase)
		if g.dryRun || !worse(r.Phase, sum.worst) {
			continue
		}
		sum.worst, sum.message = r.Phase, ""
		if text != "" {
			sum.message = fmt.Sprintf("Metric %q assessed %s due to %s", r.Name, r.Phase, text)
			if r.Message != "" {
				sum.message += fmt.Sprintf(": \"Error Message: %s\"", r.Message)
			}
		}
	}
	return sum
}

// enter counts one metric that has ended. Compat: it counts by the limit that it crossed; one that crossed none is successful here
// even where it lacked the row of successes that it wanted.
func enter(s *v1alpha1.RunSummary, phase v1alpha1.AnalysisPhase) {
	switch phase {
	case v1alpha1.AnalysisPhaseFailed:
		s.Failed++
	case v1alpha1.AnalysisPhaseInconclusive:
		s.Inconclusive++
	case v1alpha1.AnalysisPhaseError:
		s.Error++
	default:
		s.Successful++
	}
}

// worse compares two phases of metrics that have ended.
func worse(a, b v1alpha1.AnalysisPhase) bool {
	order := []v1alpha1.AnalysisPhase{
		v1alpha1.AnalysisPhaseSuccessful, v1alpha1.AnalysisPhaseInconclusive, v1alpha1.AnalysisPhaseError, v1alpha1.AnalysisPhaseFailed,
	}
	return slices.Index(order, a) > slices.Index(order, b)
}
