package graphite_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/graphite"
)

func question(address, query string) metric.Query {
	return metric.Query{
		Secrets: []string{"argum3nt"},
		Metric:  v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Graphite: &v1alpha1.GraphiteMetric{Address: address, Query: query}}},
	}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"points of one target": {
			answer: `[{"target":"summarize(a)","datapoints":[[12,1307124210],[3.5,1307124270]],"tags":{"name":"a"}}]`,
			want:   metric.Measurement{Value: []float64{12, 3.5}, Text: "[12.000000,3.500000]"},
		},
		"nulls are left out": {
			answer: `[{"target":"a","datapoints":[[null,1],[7,2],[null,3]]}]`,
			want:   metric.Measurement{Value: []float64{7}, Text: "[7.000000]"},
		},
		"only the first of several targets counts": {
			answer: `[{"target":"a","datapoints":[[1,1]]},{"target":"b","datapoints":[[2,1]]}]`,
			want:   metric.Measurement{Value: []float64{1}, Text: "[1.000000]"},
		},
		"infinity": {
			answer: `[{"target":"a","datapoints":[[1e9999,1]]}]`,
			want:   metric.Measurement{Value: []float64{math.Inf(1)}, Text: "[+Inf]"},
		},
		"no target":             {answer: `[]`, err: "no values found; it answered []"},
		"nothing but nulls":     {answer: `[{"target":"a","datapoints":[[null,1]]}]`, err: "no values found"},
		"NaN, which is no JSON": {answer: `[{"target":"a","datapoints":[[NaN,1]]}]`, err: "the answer is not the JSON that was expected"},
		"an object":             {answer: `{"error":"no"}`, err: `it answered {"error":"no"}`},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := graphite.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question(address+"/prefix", "target=summarize(\n  a, '1min'\n)&from=-5min"), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			want := map[string][]string{"target": {"summarize(a,'1min')"}, "from": {"-5min"}, "format": {"json"}}
			if diff := cmp.Diff(want, heard.Query); diff != "" || heard.Path != "/prefix/render" {
				t.Errorf("asked at %s (-want +got):\n%s", heard.Path, diff)
			}
		})
	}
}

func TestAQueryWithoutTargetIsNotAsked(t *testing.T) {
	_, err := graphite.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question("http://127.0.0.1", "sumSeries(a)"), nil)
	if err == nil || !strings.Contains(err.Error(), "provider.graphite.query") {
		t.Errorf("the error does not name the field: %v", err)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "graphite", Timeout: 10 * time.Second, Secrets: []string{"argum3nt"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			return graphite.Provider{Pool: pool}.Measure(ctx, question(address, "target=argum3nt"), nil)
		},
	})
}
