package analysis

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// measured asks what is due and notes when the rest will be.
func measured(t *turn) outcome {
	if t.status.Phase.Completed() {
		return goOn
	}
	for _, g := range t.gauges {
		name := g.metric.Name
		due, ok := t.dueAt(g)
		if !ok || t.asked[name] {
			continue
		}
		if t.now.Before(due) {
			t.wakeAt(due)
			continue
		}
		t.do(plan.Measure{Query: t.query(g.metric), Prior: prior(underway(t.result(name)))})
		t.asked[name] = true
	}
	return goOn
}

// dueAt is when a metric is to be asked next; false for one that has ended.
func (t *turn) dueAt(g gauge) (time.Time, bool) {
	r := t.result(g.metric.Name)
	if completed(r) {
		return time.Time{}, false
	}
	last := latest(r)
	switch {
	case last == nil:
		return t.status.StartedAt.Add(g.delay), true
	case underway(r) != nil && last.ResumeAt == nil:
		return t.now, true
	case underway(r) != nil:
		return last.ResumeAt.Time, true
	case g.limits.count > 0 && r.Count >= g.limits.count:
		return time.Time{}, false
	case last.FinishedAt == nil:
		return t.now, true
	}
	return last.FinishedAt.Add(g.rest(last.Phase)), true
}

// rest is how long a metric waits after a measurement.
func (g gauge) rest(after v1alpha1.AnalysisPhase) time.Duration {
	if after == v1alpha1.AnalysisPhaseError || g.interval <= 0 {
		return retryAfter
	}
	return g.interval
}
