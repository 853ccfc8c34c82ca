package datadog_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/datadog"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func question(spec v1alpha1.DatadogMetric) metric.Query {
	return metric.Query{
		Run: types.NamespacedName{Namespace: "shop", Name: "run"}, Now: noon, Secrets: []string{"argum3nt"},
		Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Datadog: &spec}},
	}
}

func provider(address string) datadog.Provider {
	return datadog.Provider{
		Pool: call.NewPool(nil), Namespace: "kanari", Env: calltest.Env(nil),
		Secrets: calltest.Secrets{"kanari/datadog": {"address": address, "api-key": "ap1-key\n", "app-key": "app1ication-key"}},
	}
}

func TestTimeseries(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"the last point": {
			answer: `{"status":"ok","res_type":"time_series","series":[{"metric":"a","pointlist":[[1430311800000,0.1],[1430312400000,0.25]]}]}`,
			want:   metric.Measurement{Value: 0.25, Text: "0.25"},
		},
		"the first of several series": {answer: `{"status":"ok","series":[{"pointlist":[[1,3]]},{"pointlist":[[1,4]]}]}`, want: metric.Measurement{Value: 3.0, Text: "3"}},
		"a large number":              {answer: `{"status":"ok","series":[{"pointlist":[[1,12345678901]]}]}`, want: metric.Measurement{Value: 12345678901.0, Text: "12345678901"}},
		"no series":                   {answer: `{"status":"ok","series":[]}`, want: metric.Measurement{Text: "[]"}},
		"a series without points":     {answer: `{"status":"ok","series":[{"pointlist":[]}]}`, want: metric.Measurement{Text: `[{"pointlist":[]}]`}},
		"no number":                   {answer: `{"status":"ok","series":[{"pointlist":[[1,null]]}]}`, want: metric.Measurement{Text: "null"}},
		"half a point":                {answer: `{"status":"ok","series":[{"pointlist":[[1]]}]}`, err: "the last point is no pair"},
		"an error":                    {answer: `{"status":"error","error":"Error parsing query: \n unable to parse"}`, err: "the query was refused: Error parsing query: unable to parse"},
		"nothing of the kind":         {answer: `{}`, err: "the answer holds no series"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := provider(address).Measure(t.Context(), question(v1alpha1.DatadogMetric{Query: "avg:cpu{*}", Interval: "10m"}), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			want := map[string][]string{"query": {"avg:cpu{*}"}, "from": {"1777895400"}, "to": {"1777896000"}}
			if diff := cmp.Diff(want, heard.Query); diff != "" || heard.Path != "/api/v1/query" {
				t.Errorf("asked at %s (-want +got):\n%s", heard.Path, diff)
			}
			if heard.Header.Get("DD-API-KEY") != "ap1-key" || heard.Header.Get("DD-APPLICATION-KEY") != "app1ication-key" {
				t.Errorf("asked with %v", heard.Header)
			}
		})
	}
}

func TestScalar(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"a number":                   {answer: `{"data":{"type":"scalar_response","attributes":{"columns":[{"name":"a","type":"number","values":[0.5]}]}}}`, want: metric.Measurement{Value: 0.5, Text: "0.5"}},
		"numbers by group: the last": {answer: `{"data":{"attributes":{"columns":[{"name":"env","type":"group","values":[["a"],["b"]]},{"name":"a","type":"number","values":[1,2]}]}}}`, want: metric.Measurement{Value: 2.0, Text: "2"}},
		"no columns":                 {answer: `{"data":{"attributes":{"columns":[]}}}`, want: metric.Measurement{Text: `{"columns":[]}`}},
		"no values":                  {answer: `{"data":{"attributes":{"columns":[{"type":"number","values":[]}]}}}`, want: metric.Measurement{Text: `{"columns":[{"type":"number","values":[]}]}`}},
		"no number":                  {answer: `{"data":{"attributes":{"columns":[{"type":"number","values":[null]}]}}}`, want: metric.Measurement{Text: `{"columns":[{"type":"number","values":[null]}]}`}},
		"an error":                   {answer: `{"errors":"unknown metric"}`, err: `the query was refused: "unknown metric"`},
		"nothing of the kind":        {answer: `{}`, err: "the answer holds no data"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			spec := v1alpha1.DatadogMetric{APIVersion: "v2", Queries: map[string]string{"b": "sum:hits{*}", "a": "sum:errors{*}"}, Formula: "a / b", Aggregator: "sum"}
			got, err := provider(address).Measure(t.Context(), question(spec), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			asked(t, heard, `{"data":{"type":"scalar_request","attributes":{"from":1777895700000,"to":1777896000000,"queries":[
				{"name":"a","query":"sum:errors{*}","data_source":"metrics","aggregator":"sum"},
				{"name":"b","query":"sum:hits{*}","data_source":"metrics","aggregator":"sum"}],"formulas":[{"formula":"a / b"}]}}}`)
		})
	}
}

func TestScalarOfOneQuery(t *testing.T) {
	address, heard := calltest.Answers(t, "application/json", `{"data":{"attributes":{"columns":[]}}}`)
	if _, err := provider(address).Measure(t.Context(), question(v1alpha1.DatadogMetric{APIVersion: "v2", Query: "avg:a{*}"}), nil); err != nil {
		t.Fatal(err)
	}
	asked(t, heard, `{"data":{"type":"scalar_request","attributes":{"from":1777895700000,"to":1777896000000,"queries":[
		{"name":"query","query":"avg:a{*}","data_source":"metrics","aggregator":"last"}],"formulas":[{"formula":"query"}]}}}`)
}

func asked(t *testing.T, heard *calltest.Heard, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(want), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(heard.Body), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" || heard.Method != http.MethodPost || heard.Path != "/api/v2/query/scalar" {
		t.Errorf("asked %s %s (-want +got):\n%s", heard.Method, heard.Path, diff)
	}
}

func TestWhoAsks(t *testing.T) {
	secrets := func(address string) calltest.Secrets {
		return calltest.Secrets{
			"kanari/datadog": {"address": address, "api-key": "default", "app-key": "x"},
			"kanari/mine":    {"address": address, "api-key": "beside the controller", "app-key": "x"},
			"shop/mine":      {"address": address, "api-key": "beside the run", "app-key": "x"},
			"kanari/half":    {"address": address, "api-key": "half"},
		}
	}
	full := func(address string) map[string]string {
		return map[string]string{"DD_ADDRESS": address, "DD_API_KEY": "environment", "DD_APP_KEY": "x"}
	}
	for name, test := range map[string]struct {
		ref  v1alpha1.SecretRef
		env  func(address string) map[string]string
		want string
		err  string
	}{
		"the Secret beside the controller": {want: "default"},
		"the environment comes first":      {env: full, want: "environment"},
		"half an environment is none":      {env: func(string) map[string]string { return map[string]string{"DD_API_KEY": "environment"} }, want: "default"},
		"a Secret that the metric names":   {ref: v1alpha1.SecretRef{Name: "mine"}, env: full, want: "beside the controller"},
		"one in the run's namespace":       {ref: v1alpha1.SecretRef{Name: "mine", Namespaced: true}, env: full, want: "beside the run"},
		"a Secret that lacks a key":        {ref: v1alpha1.SecretRef{Name: "half"}, err: `datadog: Secret "half" in "kanari" lacks the key "app-key"`},
		"a Secret that is not there":       {ref: v1alpha1.SecretRef{Name: "none"}, err: `datadog: reading Secret "none" in "kanari"`},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", `{"status":"ok","series":[]}`)
			p := provider(address)
			p.Secrets = secrets(address)
			if test.env != nil {
				p.Env = calltest.Env(test.env(address))
			}
			_, err := p.Measure(t.Context(), question(v1alpha1.DatadogMetric{Query: "a", SecretRef: test.ref}), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if got := heard.Header.Get("DD-API-KEY"); got != test.want {
				t.Errorf("asked as %q, want %q", got, test.want)
			}
		})
	}
}

func TestSpecsThatAreNotAsked(t *testing.T) {
	for name, test := range map[string]struct {
		spec v1alpha1.DatadogMetric
		want string
	}{
		"both":                           {v1alpha1.DatadogMetric{Query: "a", Queries: map[string]string{"a": "a"}}, "both query and queries"},
		"neither":                        {v1alpha1.DatadogMetric{}, "neither query nor queries"},
		"queries of v1":                  {v1alpha1.DatadogMetric{Queries: map[string]string{"a": "a"}}, "needs apiVersion v2"},
		"a formula of v1":                {v1alpha1.DatadogMetric{Query: "a", Formula: "a*2"}, "formula needs apiVersion v2"},
		"several queries and no formula": {v1alpha1.DatadogMetric{APIVersion: "v2", Queries: map[string]string{"a": "a", "b": "b"}}, "formula is missing"},
		"no interval":                    {v1alpha1.DatadogMetric{Query: "a", Interval: "soon"}, `interval "soon" is no positive duration`},
		"no time at all":                 {v1alpha1.DatadogMetric{Query: "a", RequestTimeout: "0s"}, `requestTimeout "0s" is no positive duration`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := provider("http://127.0.0.1").Measure(t.Context(), question(test.spec), nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAnAggregatorOfV1IsWarnedOf(t *testing.T) {
	address, _ := calltest.Answers(t, "application/json", `{"status":"ok","series":[{"pointlist":[[1,3]]}]}`)
	got, err := provider(address).Measure(t.Context(), question(v1alpha1.DatadogMetric{Query: "a", Aggregator: "max"}), nil)
	want := metric.Measurement{Value: 3.0, Text: "3", Metadata: map[string]string{"warnings": `aggregator "max" needs apiVersion v2; v1 takes the last point`}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, measurement (-want +got):\n%s", err, diff)
	}
}

func TestFailures(t *testing.T) {
	for _, version := range []string{"v1", "v2"} {
		t.Run(version, func(t *testing.T) {
			calltest.Failures(t, calltest.Contract{
				Provider: "datadog", Timeout: 4 * time.Second, Secrets: []string{"ap1-key", "app1ication-key", "argum3nt"},
				Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
					p := provider(address)
					p.Pool = pool
					return p.Measure(ctx, question(v1alpha1.DatadogMetric{APIVersion: version, Query: "avg:a{token:argum3nt}", RequestTimeout: "4s"}), nil)
				},
			})
		})
	}
}
