package analysis

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// deleted lets go of a run that is on its way out.
func deleted(t *turn) outcome {
	if t.run.DeletionTimestamp == nil {
		return goOn
	}
	t.hangUp()
	t.why = plan.Why{Sentence: "Being deleted."}
	return enough
}

// finished looks after a run whose verdict stands.
func finished(t *turn) outcome {
	if !t.status.Phase.Completed() {
		return goOn
	}
	t.hangUp()
	t.expire()
	t.explainEnd()
	return enough
}

// hangUp gives up on every answer that is outstanding.
func (t *turn) hangUp() {
	for _, m := range t.run.Spec.Metrics {
		if t.asked[m.Name] {
			t.do(plan.StopMeasuring{Query: t.query(m)})
			delete(t.asked, m.Name)
		}
	}
}

// fail ends a run that cannot be measured.
func (t *turn) fail(message string) outcome {
	t.end(v1alpha1.AnalysisPhaseError, message)
	t.hangUp()
	t.explainEnd()
	return enough
}

// end gives the verdict, once.
func (t *turn) end(phase v1alpha1.AnalysisPhase, message string) {
	t.status.Phase, t.status.Message = phase, message
	t.status.CompletedAt = t.timestamp()
	t.tell(completedRun(phase))
	t.expire()
}

// expire removes a run whose time is over.
func (t *turn) expire() {
	ttl, limited := timeToLive(t.run.Spec.TTLStrategy, t.status.Phase)
	if !limited || t.status.CompletedAt == nil {
		return
	}
	// Compat: the whole seconds since the end must exceed the limit.
	over := t.status.CompletedAt.Add(ttl + time.Second)
	if t.now.Before(over) {
		t.wakeAt(over)
		return
	}
	t.do(plan.DeleteRun{Name: t.run.Name})
}

// timeToLive is how long a run of that end is kept; false for ever.
func timeToLive(s *v1alpha1.TTLStrategy, phase v1alpha1.AnalysisPhase) (time.Duration, bool) {
	if s == nil {
		return 0, false
	}
	seconds := s.SecondsAfterCompletion
	switch {
	case phase == v1alpha1.AnalysisPhaseSuccessful && s.SecondsAfterSuccess != nil:
		seconds = s.SecondsAfterSuccess
	case phase == v1alpha1.AnalysisPhaseFailed && s.SecondsAfterFailure != nil:
		seconds = s.SecondsAfterFailure
	}
	if seconds == nil {
		return 0, false
	}
	return time.Duration(*seconds) * time.Second, true
}
