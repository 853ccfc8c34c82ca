package compare_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/plan"
)

// asRun is an AnalysisRun with one comparison, whose values come out of arguments and of a Secret.
func asRun(address string) *v1alpha1.AnalysisRun {
	m := asking(address, map[string]any{
		"canary": "{{args.canary}}", "stable": "{{args.stable}}", "weight": "{{args.weight}}",
		"prometheus": map[string]any{"address": address, "headers": []any{map[string]any{"key": "X-Token", "value": "{{args.token}}"}}},
	})
	return &v1alpha1.AnalysisRun{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-1"},
		Spec: v1alpha1.AnalysisRunSpec{
			Metrics: []v1alpha1.Metric{m},
			Args: []v1alpha1.Argument{
				{Name: "canary", Value: new("new")},
				{Name: "stable", Value: new("old")},
				{Name: "weight", Value: new("10")},
				{Name: "token", ValueFrom: &v1alpha1.ValueFrom{SecretKeyRef: &v1alpha1.SecretKeyRef{Name: "s", Key: "k"}}},
			},
		},
	}
}

// carry decides and measures in turns, and writes the status in between as JSON, as a cluster does.
func carry(t *testing.T, run *v1alpha1.AnalysisRun) *v1alpha1.AnalysisRun {
	t.Helper()
	secrets := map[v1alpha1.SecretKeyRef]string{{Name: "s", Key: "k"}: "t0ken-of-the-proxy"}
	now := noon
	var answers []analysis.Answer
	for range 500 {
		decided := analysis.Decide(analysis.World{Run: run, Answers: answers, Secrets: secrets}, now)
		written, err := json.Marshal(decided.Status)
		if err != nil {
			t.Fatal(err)
		}
		run = run.DeepCopy()
		run.Status = v1alpha1.AnalysisRunStatus{}
		if err := json.Unmarshal(written, &run.Status); err != nil {
			t.Fatal(err)
		}
		if run.Status.Phase.Completed() {
			return run
		}
		answers = nil
		for _, action := range decided.Actions {
			if measure, ok := action.(plan.Measure); ok {
				answers = append(answers, answer(t, measure))
			}
		}
		if len(answers) == 0 {
			now = decided.Wake
		}
	}
	t.Fatal("no end")
	return nil
}

func answer(t *testing.T, a plan.Measure) analysis.Answer {
	t.Helper()
	m, err := provider().Measure(t.Context(), a.Query, a.Prior)
	if err != nil {
		t.Fatal(err)
	}
	return analysis.Answer{Metric: a.Query.Metric.Name, Number: a.Query.Number, Measurement: m, StartedAt: a.Query.Now, FinishedAt: a.Query.Now}
}

func TestAnAnalysisRunOfComparisons(t *testing.T) {
	for name, test := range map[string]struct {
		canary judge.Counts
		phase  v1alpha1.AnalysisPhase
	}{
		"a bad canary":  {counts(100, 5), v1alpha1.AnalysisPhaseFailed},
		"a good canary": {counts(100, 1), v1alpha1.AnalysisPhaseSuccessful},
		"a bad router":  {counts(400, 4), v1alpha1.AnalysisPhaseInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, steady(test.canary, counts(900, 9)))
			run := carry(t, asRun(w.address))
			results := run.Status.MetricResults
			if run.Status.Phase != test.phase || len(results) != 1 || len(results[0].Measurements) != 1 {
				t.Fatalf("%s: %q with %v", run.Status.Phase, run.Status.Message, results)
			}
			one := results[0].Measurements[0]
			if one.StartedAt.Sub(noon) != 0 || one.FinishedAt.Sub(noon) < 2*time.Minute || one.Message == "" || one.Metadata["e"] == "" {
				t.Errorf("measurement %v", one)
			}
			written, err := json.Marshal(run.Status)
			if err != nil || strings.Contains(string(written), "t0ken") {
				t.Errorf("error %v, or a secret in %s", err, written)
			}
		})
	}
}
