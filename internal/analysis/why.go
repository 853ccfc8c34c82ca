package analysis

import (
	"fmt"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// told says what the run waits for.
func told(t *turn) outcome {
	if t.status.Phase.Completed() {
		t.explainEnd()
		return goOn
	}
	var waits []plan.Wait
	for _, g := range t.gauges {
		due, ok := t.dueAt(g)
		if !ok {
			continue
		}
		waits = append(waits, t.wait(g, due))
	}
	t.why = plan.Why{Sentence: fmt.Sprintf("Measuring: %d of %d metrics still to be decided.", len(waits), len(t.gauges)), WaitingFor: waits}
	if len(waits) == 1 {
		t.why.Sentence = fmt.Sprintf("Measuring %s: %s.", waits[0].Object, waits[0].Detail)
	}
	t.why.Next = "The worst metric gives the verdict."
	return goOn
}

func (t *turn) wait(g gauge, due time.Time) plan.Wait {
	w := plan.Wait{Kind: plan.WaitClock, Object: "metric " + g.metric.Name, Detail: progress(g, t.result(g.metric.Name)), Until: due}
	if t.asked[g.metric.Name] {
		w.Kind, w.Until = plan.WaitAnswer, time.Time{}
	}
	return w
}

func progress(g gauge, r *v1alpha1.MetricResult) string {
	next := int32(1)
	if r != nil {
		next += r.Count
	}
	if g.limits.count > 0 {
		return fmt.Sprintf("measurement %d of %d", next, g.limits.count)
	}
	return fmt.Sprintf("measurement %d", next)
}

func (t *turn) explainEnd() {
	sentence := fmt.Sprintf("%s.", t.status.Phase)
	if t.status.Message != "" {
		sentence = fmt.Sprintf("%s: %s.", t.status.Phase, t.status.Message)
	}
	t.why = plan.Why{Sentence: sentence}
}
