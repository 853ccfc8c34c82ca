package skywalking_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/skywalking"
)

const query = `query queryData($duration: Duration!) { service_apdex: readMetricsValues(condition: {name: "service_apdex"}, duration: $duration) { values { values { value } } } }`

func question(address, query string, interval v1alpha1.DurationString) metric.Query {
	return metric.Query{
		Now: time.Date(2026, 5, 4, 13, 7, 30, 0, time.FixedZone("KST", 9*60*60)), Secrets: []string{"argum3nt"},
		Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{SkyWalking: &v1alpha1.SkyWalkingMetric{Address: address, Query: query, Interval: interval}}},
	}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"data": {
			answer: `{"data":{"service_apdex":{"values":{"values":[{"value":9856}]}}}}`,
			want: metric.Measurement{
				Value: map[string]any{"service_apdex": map[string]any{"values": map[string]any{"values": []any{map[string]any{"value": 9856.0}}}}},
				Text:  `{"service_apdex":{"values":{"values":[{"value":9856}]}}}`,
			},
		},
		"an error of the query": {answer: `{"data":null,"errors":[{"message":"Validation error"}]}`, err: "the query was refused: Validation error"},
		"no data":               {answer: `{"data":null}`, err: "the answer holds no data"},
		"nothing":               {answer: ``, err: "it answered nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := skywalking.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question(address, query, "3m"), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			span := `"variables":{"duration":{"start":"2026-05-04 0404","end":"2026-05-04 0407","step":"MINUTE"}}`
			if heard.Method != http.MethodPost || heard.Path != "/graphql" || !strings.Contains(heard.Body, span) {
				t.Errorf("asked %+v, want POST /graphql with %s", heard, span)
			}
		})
	}
}

func TestAnIntervalIsNeeded(t *testing.T) {
	_, err := skywalking.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question("http://127.0.0.1", query, ""), nil)
	if err == nil || !strings.Contains(err.Error(), "provider.skywalking.interval") {
		t.Errorf("the error does not name the field: %v", err)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "skywalking", Timeout: 30 * time.Second, Secrets: []string{"argum3nt"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			return skywalking.Provider{Pool: pool}.Measure(ctx, question(address, `{ s(token: "argum3nt") }`, "3m"), nil)
		},
	})
}
