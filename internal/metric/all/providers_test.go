package all_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/all"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
)

type plugin struct{ call.AtOnce }

func (plugin) Measure(context.Context, metric.Query, *metric.Measurement) (metric.Measurement, error) {
	return metric.Measurement{}, nil
}

func providers(t *testing.T, env map[string]string) (*all.Providers, error) {
	t.Helper()
	return all.New(all.Options{
		Pool: call.NewPool(nil), Secrets: calltest.Secrets{}, Namespace: "kanari", Env: calltest.Env(env),
		Jobs:    fake.NewClientBuilder().WithScheme(clientgoscheme.Scheme).WithObjects(ended("a"), ended("b")).Build(),
		Plugins: map[string]metric.Provider{"kanari.dev/compare": plugin{}},
	})
}

func ended(name string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "jobs", Labels: map[string]string{"analysisrun.argoproj.io/uid": "u"}, Annotations: map[string]string{"analysisrun.argoproj.io/metric-name": "m"},
		},
		Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: "True"}}},
	}
}

func TestTheBackendOfAMetric(t *testing.T) {
	p, err := providers(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		provider v1alpha1.MetricProvider
		kind     string
		pkg      string
		err      string
	}{
		"prometheus":  {provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{}}, kind: "Prometheus", pkg: "prometheus"},
		"kayenta":     {provider: v1alpha1.MetricProvider{Kayenta: &v1alpha1.KayentaMetric{}}, kind: "Kayenta", pkg: "kayenta"},
		"web":         {provider: v1alpha1.MetricProvider{Web: &v1alpha1.WebMetric{}}, kind: "Web", pkg: "web"},
		"datadog":     {provider: v1alpha1.MetricProvider{Datadog: &v1alpha1.DatadogMetric{}}, kind: "Datadog", pkg: "datadog"},
		"wavefront":   {provider: v1alpha1.MetricProvider{Wavefront: &v1alpha1.WavefrontMetric{}}, kind: "Wavefront", pkg: "wavefront"},
		"newRelic":    {provider: v1alpha1.MetricProvider{NewRelic: &v1alpha1.NewRelicMetric{}}, kind: "NewRelic", pkg: "newrelic"},
		"job":         {provider: v1alpha1.MetricProvider{Job: &v1alpha1.JobMetric{}}, kind: "Job", pkg: "job"},
		"cloudWatch":  {provider: v1alpha1.MetricProvider{CloudWatch: &v1alpha1.CloudWatchMetric{}}, kind: "CloudWatch", pkg: "cloudwatch"},
		"graphite":    {provider: v1alpha1.MetricProvider{Graphite: &v1alpha1.GraphiteMetric{}}, kind: "Graphite", pkg: "graphite"},
		"influxdb":    {provider: v1alpha1.MetricProvider{Influxdb: &v1alpha1.InfluxdbMetric{}}, kind: "Influxdb", pkg: "influxdb"},
		"skywalking":  {provider: v1alpha1.MetricProvider{SkyWalking: &v1alpha1.SkyWalkingMetric{}}, kind: "skywalking", pkg: "skywalking"},
		"plugin":      {provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{"kanari.dev/compare": nil}}, kind: "RPCPlugin", pkg: "all_test"},
		"none":        {err: "no provider specified"},
		"two":         {provider: v1alpha1.MetricProvider{Web: &v1alpha1.WebMetric{}, Job: &v1alpha1.JobMetric{}}, err: "multiple providers specified"},
		"two plugins": {provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{"a": nil, "b": nil}}, kind: "RPCPlugin", err: "multiple providers specified"},
		"a plugin that nobody knows": {
			provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{"a/b": nil}}, kind: "RPCPlugin", err: `provider.plugin "a/b" is not known`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := v1alpha1.Metric{Provider: test.provider}
			got, err := p.For(m)
			if (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if kind := p.Kind(m); kind != test.kind {
				t.Errorf("kind %q, want %q", kind, test.kind)
			}
			if test.pkg == "" {
				return
			}
			chosen := reflect.TypeOf(got)
			if chosen.Kind() == reflect.Pointer {
				chosen = chosen.Elem()
			}
			if !strings.HasSuffix(chosen.PkgPath(), "/"+test.pkg) {
				t.Errorf("chose %s, want package %s", chosen.PkgPath(), test.pkg)
			}
		})
	}
}

// Every field of MetricProvider is a backend: a new one cannot be forgotten here.
func TestNoBackendIsForgotten(t *testing.T) {
	p, err := providers(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	fields := reflect.TypeFor[v1alpha1.MetricProvider]()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if field.Type.Kind() != reflect.Pointer {
			continue
		}
		var m v1alpha1.Metric
		reflect.ValueOf(&m.Provider).Elem().Field(i).Set(reflect.New(field.Type.Elem()))
		if provider, err := p.For(m); err != nil || provider == nil {
			t.Errorf("%s has no backend: %v", field.Name, err)
		}
	}
}

func TestRetention(t *testing.T) {
	p, err := providers(t, map[string]string{"ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE": "jobs"})
	if err != nil {
		t.Fatal(err)
	}
	q := metric.Query{UID: "u", Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Job: &v1alpha1.JobMetric{}}}}
	if err := p.Retain(t.Context(), q, 1); err != nil {
		t.Error(err)
	}
	prior := metric.Measurement{Metadata: map[string]string{"job-name": "a"}}
	jobs, err := p.For(q.Metric)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.Measure(t.Context(), q, &prior); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("the oldest Job is still there: %v", err)
	}
	q.Metric.Provider = v1alpha1.MetricProvider{Web: &v1alpha1.WebMetric{}}
	if err := p.Retain(t.Context(), q, 1); err != nil {
		t.Errorf("a backend that keeps nothing: %v", err)
	}
}

func TestAKubeconfigThatIsNotThere(t *testing.T) {
	_, err := providers(t, map[string]string{"ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG": "/none/kubeconfig"})
	if err == nil || !strings.HasPrefix(err.Error(), `job: reading the kubeconfig "/none/kubeconfig"`) {
		t.Errorf("error %v", err)
	}
}
