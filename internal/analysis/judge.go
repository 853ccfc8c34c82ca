package analysis

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// judged gives each metric its phase. As soon as one is bad the others have nothing left to decide, and end in the same turn.
func judged(t *turn) outcome {
	if !t.terminating() {
		t.judgeMetrics()
	}
	if t.terminating() {
		t.stop()
		t.judgeMetrics()
	}
	return goOn
}

// terminating tells whether the run is to end before all of its metrics have.
func (t *turn) terminating() bool {
	if t.run.Spec.Terminate {
		return true
	}
	for i := range t.status.MetricResults {
		r := &t.status.MetricResults[i]
		if !r.DryRun && completed(r) && r.Phase != v1alpha1.AnalysisPhaseSuccessful {
			return true
		}
	}
	return false
}

// stop ends what is under way. What a backend made of it no longer matters, so nobody waits for it.
func (t *turn) stop() {
	for _, g := range t.gauges {
		r := t.result(g.metric.Name)
		if completed(r) {
			continue
		}
		open := underway(r)
		if open != nil || t.asked[g.metric.Name] {
			t.do(plan.StopMeasuring{Query: t.query(g.metric), Prior: prior(open)})
			delete(t.asked, g.metric.Name)
		}
		if open != nil {
			open.Phase, open.Message = v1alpha1.AnalysisPhaseSuccessful, "Metric Terminated"
			open.FinishedAt, open.ResumeAt = t.timestamp(), nil
			count(r, open.Phase)
		}
	}
}

func (t *turn) judgeMetrics() {
	terminating := t.terminating()
	for _, g := range t.gauges {
		r := t.result(g.metric.Name)
		if r == nil {
			continue
		}
		phase := metricPhase(g.limits, r, terminating)
		if phase == r.Phase {
			continue
		}
		r.Phase = phase
		r.Message = ""
		if last := latest(r); last != nil {
			r.Message = last.Message
		}
		if !phase.Completed() {
			continue
		}
		t.tell(completedMetric(r.Name, phase))
		if excess, text := beyond(g.limits, r); g.dryRun && text != "" {
			r.Message = fmt.Sprintf("Metric assessed %s due to %s", excess, text)
		}
	}
}

// metricPhase is what the measurements so far make of a metric. A phase that is final stays.
func metricPhase(l limits, r *v1alpha1.MetricResult, terminating bool) v1alpha1.AnalysisPhase {
	switch {
	case completed(r):
		return r.Phase
	case latest(r) == nil && terminating:
		return v1alpha1.AnalysisPhaseSuccessful
	case latest(r) == nil:
		return v1alpha1.AnalysisPhasePending
	case underway(r) != nil:
		return v1alpha1.AnalysisPhaseRunning
	}
	if phase, _ := beyond(l, r); phase != "" {
		return phase
	}
	switch {
	case l.consecutiveSuccess > 0 && r.ConsecutiveSuccess >= l.consecutiveSuccess:
		return v1alpha1.AnalysisPhaseSuccessful
	case l.count > 0 && r.Count >= l.count:
		return atTheEnd(l)
	case terminating:
		return v1alpha1.AnalysisPhaseSuccessful
	}
	return v1alpha1.AnalysisPhaseRunning
}

// atTheEnd is the phase of a metric that has all of its measurements and crossed none of its limits. Where a row of successes was
// wanted, it did not come.
func atTheEnd(l limits) v1alpha1.AnalysisPhase {
	switch {
	case l.consecutiveSuccess == 0:
		return v1alpha1.AnalysisPhaseSuccessful
	case l.failure < 0:
		return v1alpha1.AnalysisPhaseFailed
	}
	return v1alpha1.AnalysisPhaseInconclusive
}

// beyond tells which limit a metric has crossed, and the words for it; empty for none. The last one that holds counts.
func beyond(l limits, r *v1alpha1.MetricResult) (phase v1alpha1.AnalysisPhase, text string) {
	if l.failure >= 0 && r.Failed > l.failure {
		phase, text = v1alpha1.AnalysisPhaseFailed, fmt.Sprintf("failed (%d) > failureLimit (%d)", r.Failed, l.failure)
	}
	if r.Inconclusive > l.inconclusive {
		phase, text = v1alpha1.AnalysisPhaseInconclusive, fmt.Sprintf("inconclusive (%d) > inconclusiveLimit (%d)", r.Inconclusive, l.inconclusive)
	}
	if r.ConsecutiveError > l.consecutiveError {
		phase, text = v1alpha1.AnalysisPhaseError, fmt.Sprintf("consecutiveErrors (%d) > consecutiveErrorLimit (%d)", r.ConsecutiveError, l.consecutiveError)
	}
	return phase, text
}
