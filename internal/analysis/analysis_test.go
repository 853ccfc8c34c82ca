package analysis_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
)

func TestFill(t *testing.T) {
	values := map[string]*string{
		"svc": new("web"), "quoted": new(`a "b" \ ü` + "\n"), "tag": new("{{args.svc}}"), "empty": new(""), "n": new("3"), "later": nil,
	}
	for name, test := range map[string]struct{ query, want, err string }{
		"no tag":                    {query: `sum(rate(x{a="{b}"}[1m]))`, want: `sum(rate(x{a="{b}"}[1m]))`},
		"a tag":                     {query: `x{svc="{{args.svc}}"}`, want: `x{svc="web"}`},
		"spaces in the tag":         {query: `{{ args.svc }}`, want: "web"},
		"two tags in a row":         {query: `{{args.svc}}{{args.n}}`, want: "web3"},
		"what JSON would escape":    {query: `<{{args.quoted}}>&`, want: `<a "b" \ ü` + "\n>&"},
		"a value is not read again": {query: `{{args.tag}}`, want: "{{args.svc}}"},
		"an empty value":            {query: `[{{args.empty}}]`, want: "[]"},
		"no end of the tag":         {query: `x{{args.svc`, want: "x{{args.svc"},
		"an unknown argument":       {query: `{{args.nope}}`, err: "failed to resolve {{args.nope}}"},
		"no argument at all":        {query: `{{inputs.x}}`, err: "failed to resolve {{inputs.x}}"},
		"declared, not supplied":    {query: `{{args.later}}`, err: `argument "later" was not supplied`},
	} {
		t.Run(name, func(t *testing.T) {
			m := v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: test.query, Timeout: new(int64(9007199254740993))}}}
			filled, err := analysis.Fill(m, values)
			if got := problem(err); got != test.err {
				t.Fatalf("got error %q, want %q", got, test.err)
			}
			if err != nil {
				return
			}
			want := *m.DeepCopy()
			want.Provider.Prometheus.Query = test.want
			if diff := cmp.Diff(want, filled); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFillReachesEveryField(t *testing.T) {
	arg := "{{args.x}}"
	m := v1alpha1.Metric{
		Name: arg, Interval: v1alpha1.DurationString(arg), Count: new(intstr.FromString(arg)), SuccessCondition: arg,
		Provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{"p/{{args.x}}": json.RawMessage(`{"a":["{{args.x}}"],"n":12345678901234567890}`)}},
	}
	filled, err := analysis.Fill(m, map[string]*string{"x": new("5s")})
	if err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.Metric{
		Name: "5s", Interval: "5s", Count: new(intstr.FromString("5s")), SuccessCondition: "5s",
		Provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{"p/5s": json.RawMessage(`{"a":["5s"],"n":12345678901234567890}`)}},
	}
	if diff := cmp.Diff(want, filled); diff != "" {
		t.Error(diff)
	}
}

func TestSecrets(t *testing.T) {
	ref := v1alpha1.SecretKeyRef{Name: "prom", Key: "token"}
	from := &v1alpha1.ValueFrom{SecretKeyRef: &ref}
	run := &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Args: []v1alpha1.Argument{{Name: "a", Value: new("x")}, {Name: "b", ValueFrom: from}, {Name: "c", ValueFrom: from}}}}
	if diff := cmp.Diff([]v1alpha1.SecretKeyRef{ref}, analysis.Secrets(run)); diff != "" {
		t.Error(diff)
	}
	run.Status.Phase = v1alpha1.AnalysisPhaseFailed
	if got := analysis.Secrets(run); got != nil {
		t.Errorf("a run that has ended needs %v", got)
	}
}

// TestTheQuestionHoldsTheSecret looks at what the backend gets, and at everything else for what nobody may see.
func TestTheQuestionHoldsTheSecret(t *testing.T) {
	ref := v1alpha1.SecretKeyRef{Name: "prom", Key: "token"}
	run := simpleRun()
	run.Spec.Args = []v1alpha1.Argument{{Name: "token", ValueFrom: &v1alpha1.ValueFrom{SecretKeyRef: &ref}}}
	run.Spec.Metrics[0].Provider.Prometheus.Query = "up{{args.token}}"
	s := newStage(run)
	s.secrets[ref] = "s3cr3t"
	p := analysis.Decide(s.world(), noon)
	if diff := cmp.Diff([]plan.Action{plan.Measure{Query: metric.Query{
		Run: namespacedName(run), UID: run.UID, Metric: withQuery(run.Spec.Metrics[0], "ups3cr3t"), Secrets: []string{"s3cr3t"},
		Number: 1, Now: noon, Started: noon,
	}}}, p.Actions); diff != "" {
		t.Error(diff)
	}
	w := s.world()
	w.Answers = []analysis.Answer{{Metric: "m", Number: 1, Problem: `asking "http://x/?q=s3cr3t": 401`, StartedAt: noon, FinishedAt: noon}}
	p = analysis.Decide(w, noon)
	run.Status = p.Status
	if written := text(run); strings.Contains(written, "s3cr3t") || !strings.Contains(written, "q=*****") {
		t.Errorf("the status tells: %s", written)
	}
}

func TestADeletedRunIsLetGo(t *testing.T) {
	run := simpleRun()
	run.DeletionTimestamp = &metav1.Time{Time: noon}
	w := newStage(run).world()
	w.Asked["m"] = true
	p := analysis.Decide(w, noon.Add(time.Hour))
	if len(p.Actions) != 1 || p.Actions[0].String() != "stop m #1" || len(p.Events) > 0 || !p.Wake.IsZero() {
		t.Errorf("got %v", p.Actions)
	}
}

// TestAnAnswerCountsOnce brings an answer again after the status was written: somebody crashed between the two.
func TestAnAnswerCountsOnce(t *testing.T) {
	run := simpleRun()
	run.Spec.Metrics[0].Interval, run.Spec.Metrics[0].Count = "1m", new(intstr.FromInt32(3))
	answer := analysis.Answer{Metric: "m", Number: 1, Measurement: metric.Measurement{Value: 1.0, Text: "1"}, StartedAt: noon, FinishedAt: noon}
	for range 3 {
		w := newStage(run).world()
		w.Answers = []analysis.Answer{answer}
		run.Status = analysis.Decide(w, noon).Status
	}
	if r := run.Status.MetricResults[0]; r.Count != 1 || len(r.Measurements) != 1 {
		t.Errorf("counted %d, kept %d", r.Count, len(r.Measurements))
	}
}

func TestCheckConditions(t *testing.T) {
	metrics := []v1alpha1.Metric{
		{SuccessCondition: "result > 0.95"},
		{SuccessCondition: "result > {{args.x}} &&"},
		{SuccessCondition: "result >", FailureCondition: "result[0"},
	}
	var got []string
	for _, err := range analysis.CheckConditions(metrics, field.NewPath("spec", "metrics")) {
		got = append(got, err.Error())
	}
	want := []string{
		`spec.metrics[2].successCondition: Invalid value: "result >": unexpected token EOF (1:8)`,
		`spec.metrics[2].failureCondition: Invalid value: "result[0": unexpected token EOF (1:8)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func simpleRun() *v1alpha1.AnalysisRun {
	return &v1alpha1.AnalysisRun{
		ObjectMeta: metav1.ObjectMeta{Name: "run", Namespace: "shop", UID: "u"},
		Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{
			Name: "m", Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Address: "http://prometheus", Query: "up"}},
		}}},
	}
}

func withQuery(m v1alpha1.Metric, query string) v1alpha1.Metric {
	filled := *m.DeepCopy()
	filled.Provider.Prometheus.Query = query
	return filled
}

func namespacedName(run *v1alpha1.AnalysisRun) types.NamespacedName {
	return types.NamespacedName{Namespace: run.Namespace, Name: run.Name}
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
