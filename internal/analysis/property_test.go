package analysis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
)

// TestLaws lets any run meet any answers, waits, crashes and people, and holds the laws after each of them.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage(anyRun(t))
		names := make([]string, len(s.run.Spec.Metrics))
		for i, m := range s.run.Spec.Metrics {
			names[i] = m.Name
		}
		law := &laws{stage: s}
		s.seen = func(decision, *v1alpha1.AnalysisRunStatus) { law.check(t) }
		law.settle(t)
		t.Repeat(map[string]func(*rapid.T){
			"answer": func(t *rapid.T) {
				name := rapid.SampledFrom(names).Draw(t, "metric")
				s.answer(anyAnswer(t, name, s.now))
				law.settle(t)
			},
			"wait": func(t *rapid.T) {
				if err := s.wait(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second); err != nil {
					t.Fatal(err)
				}
				law.settle(t)
			},
			"forget what was asked": func(t *rapid.T) { clear(s.asked); law.settle(t) },
			"terminate": func(t *rapid.T) {
				if s.run == nil || rapid.IntRange(0, 5).Draw(t, "seldom") > 0 {
					return
				}
				s.run.Spec.Terminate = true
				law.settle(t)
				if s.run != nil && !s.run.Status.Phase.Completed() {
					t.Fatalf("terminated and still %s", s.run.Status.Phase)
				}
			},
			"": law.check,
		})
	})
}

// laws hold at every moment.
type laws struct {
	*stage
	before *v1alpha1.AnalysisRunStatus
}

func (l *laws) settle(t *rapid.T) {
	if err := l.stage.settle(); err != nil {
		t.Fatal(err)
	}
	if l.run == nil {
		return
	}
	world := l.world()
	input := world.Run.DeepCopy()
	p := analysis.Decide(world, l.now)
	if diff := cmp.Diff(input, world.Run); diff != "" {
		t.Fatalf("Decide changed its argument:\n%s", diff)
	}
	if len(p.Actions) > 0 || len(p.Events) > 0 || cmp.Diff(l.run.Status, p.Status) != "" {
		t.Fatalf("nothing is due, and this is planned: %s", story(l.now, p, nil))
	}
	if diff := cmp.Diff(p, analysis.Decide(l.world(), l.now)); diff != "" {
		t.Fatalf("the same world, another plan:\n%s", diff)
	}
	if !l.run.Status.Phase.Completed() && l.wake.IsZero() && len(l.asked) == 0 {
		t.Fatal("it waits for nothing")
	}
	if !l.wake.IsZero() && !l.wake.After(l.now) {
		t.Fatalf("it wakes in the past: %s", l.wake)
	}
}

func (l *laws) check(t *rapid.T) {
	if l.run == nil {
		return
	}
	now := l.run.Status.DeepCopy()
	for _, r := range now.MetricResults {
		l.countersAddUp(t, r)
	}
	if l.before != nil {
		if diff := cmp.Diff(l.before, now); l.before.Phase.Completed() && diff != "" {
			t.Fatalf("a verdict changed:\n%s", diff)
		}
		for i, r := range l.before.MetricResults {
			if diff := cmp.Diff(r, now.MetricResults[i]); r.Phase.Completed() && diff != "" {
				t.Fatalf("a metric that had ended changed:\n%s", diff)
			}
		}
	}
	if now.Phase.Completed() != (now.CompletedAt != nil) {
		t.Fatalf("%s, completed at %v", now.Phase, now.CompletedAt)
	}
	l.before = now
}

func (l *laws) countersAddUp(t *rapid.T, r v1alpha1.MetricResult) {
	done := 0
	for _, m := range r.Measurements {
		if m.Phase.Completed() {
			done++
		}
		if m.Phase.Completed() != (m.FinishedAt != nil) {
			t.Fatalf("a measurement is %s and finished at %v", m.Phase, m.FinishedAt)
		}
	}
	keep := 10
	if rules := l.run.Spec.MeasurementRetention; len(rules) > 0 {
		keep = int(rules[0].Limit)
	}
	switch {
	case r.Count != r.Successful+r.Failed+r.Inconclusive:
		t.Fatalf("%s: count %d is not the sum of its parts", r.Name, r.Count)
	case len(r.Measurements) > keep:
		t.Fatalf("%s: %d measurements are kept, %d allowed", r.Name, len(r.Measurements), keep)
	case len(r.Measurements) < keep && done != int(r.Count+r.Error):
		t.Fatalf("%s: %d measurements, %d counted", r.Name, done, r.Count+r.Error)
	case r.ConsecutiveSuccess > r.Successful, r.ConsecutiveError > r.Error, r.ConsecutiveSuccess > 0 && r.ConsecutiveError > 0:
		t.Fatalf("%s: rows do not fit: %+v", r.Name, r)
	}
}

func anyRun(t *rapid.T) *v1alpha1.AnalysisRun {
	run := &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Name: "run", Namespace: "shop", UID: "u"}}
	for i := range rapid.IntRange(1, 3).Draw(t, "metrics") {
		run.Spec.Metrics = append(run.Spec.Metrics, anyMetric(t, fmt.Sprintf("m%d", i)))
	}
	if rapid.Bool().Draw(t, "with a dry run") {
		run.Spec.DryRun = []v1alpha1.DryRun{{MetricName: rapid.SampledFrom([]string{"m0", ".*"}).Draw(t, "dry")}}
	}
	if rapid.Bool().Draw(t, "with a rule of retention") {
		run.Spec.MeasurementRetention = []v1alpha1.MeasurementRetention{{MetricName: ".*", Limit: int32(rapid.IntRange(1, 4).Draw(t, "kept"))}}
	}
	if rapid.Bool().Draw(t, "with an end") {
		run.Spec.TTLStrategy = &v1alpha1.TTLStrategy{SecondsAfterCompletion: new(int32(rapid.IntRange(0, 90).Draw(t, "ttl")))}
	}
	return run
}

func anyMetric(t *rapid.T, name string) v1alpha1.Metric {
	number := func(what string, least, most int) *intstr.IntOrString {
		if rapid.Bool().Draw(t, "no "+what) {
			return nil
		}
		return new(intstr.FromInt32(int32(rapid.IntRange(least, most).Draw(t, what))))
	}
	return v1alpha1.Metric{
		Name:                    name,
		Interval:                rapid.SampledFrom([]v1alpha1.DurationString{"", "5s", "1m"}).Draw(t, "interval"),
		InitialDelay:            rapid.SampledFrom([]v1alpha1.DurationString{"", "20s"}).Draw(t, "delay"),
		Count:                   number("count", 0, 6),
		FailureLimit:            number("failureLimit", -1, 3),
		InconclusiveLimit:       number("inconclusiveLimit", 0, 3),
		ConsecutiveErrorLimit:   number("consecutiveErrorLimit", 0, 3),
		ConsecutiveSuccessLimit: number("consecutiveSuccessLimit", 0, 3),
		SuccessCondition:        rapid.SampledFrom([]string{"", "result > 1", "result[0] > 1"}).Draw(t, "success"),
		FailureCondition:        rapid.SampledFrom([]string{"", "result < 0"}).Draw(t, "failure"),
		Provider:                v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: "up"}},
	}
}

func anyAnswer(t *rapid.T, name string, now time.Time) analysis.Answer {
	answer := analysis.Answer{Metric: name}
	switch rapid.SampledFrom([]string{"value", "value", "value", "problem", "running", "phase"}).Draw(t, "kind") {
	case "value":
		answer.Measurement.Value = rapid.SampledFrom([]any{-1.0, 0.5, 2.0, []float64{2}, nil}).Draw(t, "value")
	case "problem":
		answer.Problem = "no such host"
	case "running":
		answer.Measurement = metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"job-name": "j"}}
		if rapid.Bool().Draw(t, "says when") {
			answer.Measurement.ResumeAt = now.Add(15 * time.Second)
		}
	case "phase":
		answer.Measurement.Phase = rapid.SampledFrom([]v1alpha1.AnalysisPhase{"Successful", "Failed", "Inconclusive", "Error"}).Draw(t, "phase")
	}
	return answer
}
