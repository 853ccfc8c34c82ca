package analysis

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/expression"
)

// retryAfter is how long a metric rests after an error, where it has no interval, and where a backend does not say when to ask again.
const retryAfter = 10 * time.Second

// answered makes measurements of what came.
func answered(t *turn) outcome {
	for _, a := range t.Answers {
		t.take(a)
	}
	return goOn
}

func (t *turn) take(a Answer) {
	g, known := t.gauge(a.Metric)
	if r := t.result(a.Metric); !known || completed(r) || a.Number != number(r) {
		return // nobody asks any more, or it is told already
	}
	r := t.result(a.Metric)
	if r == nil {
		t.status.MetricResults = append(t.status.MetricResults, v1alpha1.MetricResult{Name: a.Metric, Phase: v1alpha1.AnalysisPhaseRunning, DryRun: g.dryRun})
		r = t.result(a.Metric)
	}
	if about := a.Measurement.About; len(about) > 0 {
		r.Metadata = t.redactedMap(about)
	}
	m := t.measurement(g, a)
	if open := underway(r); open != nil {
		m.StartedAt = open.StartedAt
		if m.Metadata == nil {
			m.Metadata = open.Metadata
		}
		*open = m
	} else {
		r.Measurements = append(r.Measurements, m)
	}
	count(r, m.Phase)
}

// measurement is an answer as it is stored.
func (t *turn) measurement(g gauge, a Answer) v1alpha1.Measurement {
	phase, message := t.phase(g, a)
	m := v1alpha1.Measurement{
		Phase:     phase,
		Message:   t.redacted(message),
		StartedAt: &metav1.Time{Time: a.StartedAt},
		Value:     t.redacted(a.Measurement.Text),
		Metadata:  t.redactedMap(a.Measurement.Metadata),
	}
	if phase.Completed() {
		m.FinishedAt = &metav1.Time{Time: a.FinishedAt}
		return m
	}
	again := a.Measurement.ResumeAt
	if again.IsZero() {
		again = t.now.Add(retryAfter)
	}
	m.ResumeAt = &metav1.Time{Time: again}
	return m
}

// phase is what an answer means: what the backend itself says, else what the conditions make of the value.
func (t *turn) phase(g gauge, a Answer) (v1alpha1.AnalysisPhase, string) {
	if a.Problem != "" {
		return v1alpha1.AnalysisPhaseError, a.Problem
	}
	if a.Measurement.Phase != "" {
		return a.Measurement.Phase, a.Measurement.Message
	}
	conditions := expression.Conditions{Success: g.metric.SuccessCondition, Failure: g.metric.FailureCondition}
	phase, err := conditions.Judge(t.Expressions, a.Measurement.Value, t.now)
	if err != nil && g.veiled {
		return phase, "could not evaluate: " + withheld
	}
	if err != nil {
		return phase, err.Error()
	}
	return phase, a.Measurement.Message
}

// count enters one finished measurement into the numbers. An error is no judgement: it does not count towards the metric's end.
func count(r *v1alpha1.MetricResult, phase v1alpha1.AnalysisPhase) {
	if !phase.Completed() {
		return
	}
	if phase == v1alpha1.AnalysisPhaseError {
		r.Error++
		r.ConsecutiveError++
		r.ConsecutiveSuccess = 0
		return
	}
	r.Count++
	r.ConsecutiveError = 0
	if phase == v1alpha1.AnalysisPhaseSuccessful {
		r.Successful++
		r.ConsecutiveSuccess++
		return
	}
	r.ConsecutiveSuccess = 0
	if phase == v1alpha1.AnalysisPhaseFailed {
		r.Failed++
		return
	}
	r.Inconclusive++
}
