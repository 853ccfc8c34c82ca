package analysis

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
)

// turn is one decision in the making: what is known, and what the judgements have settled so far.
type turn struct {
	World
	now    time.Time
	run    *v1alpha1.AnalysisRun
	status v1alpha1.AnalysisRunStatus // as it will be written

	gauges  []gauge
	secrets []string        // values that must not be seen
	asked   map[string]bool // metrics whose answer is outstanding after this turn

	actions []plan.Action
	events  []plan.Event
	why     plan.Why
	wake    time.Time
}

// begin starts a turn from the status as stored.
func begin(w World, now time.Time) *turn {
	t := &turn{World: w, now: now, run: w.Run, status: *w.Run.Status.DeepCopy(), asked: map[string]bool{}}
	maps.Copy(t.asked, w.Asked)
	for _, answer := range w.Answers {
		delete(t.asked, answer.Metric)
	}
	return t
}

func (t *turn) plan() plan.Plan[v1alpha1.AnalysisRunStatus] {
	p := plan.Plan[v1alpha1.AnalysisRunStatus]{Actions: t.actions, Status: t.status, Events: t.events, Why: t.why, Wake: t.wake}
	if equality.Semantic.DeepEqual(t.run.Status, t.status) {
		p.Status = t.run.Status
	}
	return p
}

// wakeAt asks for another look at a moment, or sooner.
func (t *turn) wakeAt(at time.Time) { t.wake = plan.Sooner(t.wake, at) }

func (t *turn) tell(e plan.Event) { t.events = append(t.events, e) }

func (t *turn) do(a plan.Action) { t.actions = append(t.actions, a) }

func (t *turn) timestamp() *metav1.Time { return &metav1.Time{Time: t.now} }

// result is what is known of a metric, nil before its first measurement.
func (t *turn) result(name string) *v1alpha1.MetricResult {
	at := slices.IndexFunc(t.status.MetricResults, func(r v1alpha1.MetricResult) bool { return r.Name == name })
	if at < 0 {
		return nil
	}
	return &t.status.MetricResults[at]
}

func (t *turn) gauge(name string) (gauge, bool) {
	at := slices.IndexFunc(t.gauges, func(g gauge) bool { return g.metric.Name == name })
	if at < 0 {
		return gauge{}, false
	}
	return t.gauges[at], true
}

// query is the next question of a metric, or the one that is still to be answered.
func (t *turn) query(m v1alpha1.Metric) metric.Query {
	q := metric.Query{
		Run:     types.NamespacedName{Namespace: t.run.Namespace, Name: t.run.Name},
		UID:     t.run.UID,
		Labels:  t.run.Labels,
		Metric:  m,
		Secrets: t.secrets,
		Number:  number(t.result(m.Name)),
		Now:     t.now,
	}
	if t.status.StartedAt != nil {
		q.Started = t.status.StartedAt.Time
	}
	return q
}

// number of the next measurement to be finished, from 1.
func number(r *v1alpha1.MetricResult) int {
	if r == nil {
		return 1
	}
	return int(r.Count) + int(r.Error) + 1
}

// latest is the newest measurement, nil for none.
func latest(r *v1alpha1.MetricResult) *v1alpha1.Measurement {
	if r == nil || len(r.Measurements) == 0 {
		return nil
	}
	return &r.Measurements[len(r.Measurements)-1]
}

// underway is the measurement whose answer is still to come, nil for none.
func underway(r *v1alpha1.MetricResult) *v1alpha1.Measurement {
	if m := latest(r); m != nil && !m.Phase.Completed() {
		return m
	}
	return nil
}

// completed tells whether nothing more is to be learnt of a metric.
func completed(r *v1alpha1.MetricResult) bool { return r != nil && r.Phase.Completed() }

// prior is a stored measurement as its backend knows it.
func prior(m *v1alpha1.Measurement) *metric.Measurement {
	if m == nil {
		return nil
	}
	p := &metric.Measurement{Text: m.Value, Phase: m.Phase, Message: m.Message, Metadata: m.Metadata}
	if m.ResumeAt != nil {
		p.ResumeAt = m.ResumeAt.Time
	}
	return p
}
