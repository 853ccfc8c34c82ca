package cloudwatch_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/cloudwatch"
)

const operation = "/service/GraniteServiceVersion20100801/operation/GetMetricData"

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// controller is an environment with an AWS identity, in which the service lives at an address.
func controller(t *testing.T, address string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cret-access-key", "AWS_SESSION_TOKEN": "s3ssion-token",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ENDPOINT_URL_CLOUDWATCH": address,
	} {
		t.Setenv(name, value)
	}
}

func question(queries ...v1alpha1.CloudWatchMetricDataQuery) metric.Query {
	return metric.Query{Now: noon, Secrets: []string{"argum3nt"}, Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{
		CloudWatch: &v1alpha1.CloudWatchMetric{MetricDataQueries: queries},
	}}}
}

// pages is a CloudWatch that gives one answer after the other, in the vendor's CBOR protocol, and keeps the questions.
func pages(t *testing.T, answers ...map[string]any) (address string, asked *[]map[string]any) {
	t.Helper()
	asked = &[]map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question map[string]any
		if err := cbor.NewDecoder(r.Body).Decode(&question); err != nil {
			t.Errorf("reading the question: %v", err)
		}
		if auth := r.Header.Get("Authorization"); r.URL.Path != operation || !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/monitoring/aws4_request") {
			t.Errorf("asked %s with %q", r.URL.Path, auth)
		}
		answer := answers[len(*asked)]
		*asked = append(*asked, question)
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		if answer["__type"] != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		if err := cbor.NewEncoder(w).Encode(answer); err != nil {
			t.Errorf("answering: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func result(id string, status string, values ...float64) map[string]any {
	return map[string]any{"Id": id, "Label": "errors", "StatusCode": status, "Values": values}
}

func one(results ...map[string]any) []map[string]any {
	return []map[string]any{{"MetricDataResults": results}}
}

func TestAnswers(t *testing.T) {
	found := func(id string, values ...float64) types.MetricDataResult {
		return types.MetricDataResult{Id: new(id), Label: new("errors"), StatusCode: types.StatusCodeComplete, Values: values}
	}
	for name, test := range map[string]struct {
		answers []map[string]any
		want    metric.Measurement
		err     string
	}{
		"one query": {
			answers: one(result("rate", "Complete", 0.02, 0.01)),
			want:    metric.Measurement{Value: []types.MetricDataResult{found("rate", 0.02, 0.01)}, Text: "[[0.02 0.01]]"},
		},
		"several queries": {
			answers: one(result("a", "Complete", 1, 2), result("b", "Complete", 3)),
			want:    metric.Measurement{Value: []types.MetricDataResult{found("a", 1, 2), found("b", 3)}, Text: "[[1 2] [3]]"},
		},
		"no points": {
			answers: one(result("a", "Complete")),
			want:    metric.Measurement{Value: []types.MetricDataResult{found("a")}, Text: "[[]]"},
		},
		"no results": {answers: one(), want: metric.Measurement{Value: []types.MetricDataResult(nil), Text: "[]"}},
		"a query spread over pages": {
			answers: []map[string]any{
				{"MetricDataResults": []any{result("a", "PartialData", 1)}, "NextToken": "2"},
				{"MetricDataResults": []any{result("a", "Complete", 2)}},
			},
			want: metric.Measurement{Value: []types.MetricDataResult{found("a", 1, 2)}, Text: "[[1 2]]"},
		},
		"messages": {
			answers: []map[string]any{{"MetricDataResults": []any{result("a", "Complete", 1)}, "Messages": []any{map[string]any{"Code": "MaxMetrics", "Value": "argum3nt"}}}},
			want: metric.Measurement{
				Value: []types.MetricDataResult{found("a", 1)}, Text: "[[1]]", Metadata: map[string]string{"messages": "MaxMetrics: *****"},
			},
		},
		"a query that the service could not answer": {answers: one(result("a", "InternalError")), err: `query "a": InternalError`},
		"a refusal": {
			answers: []map[string]any{{"__type": "com.amazonaws.cloudwatch#InvalidParameterValueException", "message": "bad argum3nt"}},
			err:     "400 Bad Request",
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, asked := pages(t, test.answers...)
			controller(t, address)
			got, err := (&cloudwatch.Provider{Pool: call.NewPool(nil)}).Measure(t.Context(), question(v1alpha1.CloudWatchMetricDataQuery{ID: "a"}), nil)
			if (err == nil) != (test.err == "") || err != nil && (!strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "argum3nt")) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(types.MetricDataResult{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			if len(*asked) != len(test.answers) {
				t.Errorf("asked %d times, want %d", len(*asked), len(test.answers))
			}
		})
	}
}

func TestWhatIsAsked(t *testing.T) {
	address, asked := pages(t, one()...)
	controller(t, address)
	q := question(
		v1alpha1.CloudWatchMetricDataQuery{ID: "rate", Expression: new("errors / requests"), Label: new("Error Rate"), Period: new(intstr.FromString("300"))},
		v1alpha1.CloudWatchMetricDataQuery{ID: "errors", ReturnData: new(false), MetricStat: &v1alpha1.CloudWatchMetricStat{
			Metric: v1alpha1.CloudWatchMetricStatMetric{
				Namespace: new("app"), MetricName: "errors", Dimensions: []v1alpha1.CloudWatchMetricStatMetricDimension{{Name: "service", Value: "shop"}},
			},
			Period: intstr.FromInt32(60), Stat: "Sum", Unit: "Count",
		}},
	)
	q.Metric.Provider.CloudWatch.Interval = "30m"
	if _, err := (&cloudwatch.Provider{Pool: call.NewPool(nil)}).Measure(t.Context(), q, nil); err != nil {
		t.Fatal(err)
	}
	got := (*asked)[0]
	if start, end := got["StartTime"], got["EndTime"]; !isTime(start, noon.Add(-30*time.Minute)) || !isTime(end, noon) {
		t.Errorf("asked from %v to %v", start, end)
	}
	want := []any{
		map[any]any{"Id": "rate", "Expression": "errors / requests", "Label": "Error Rate", "Period": uint64(300)},
		map[any]any{"Id": "errors", "ReturnData": false, "MetricStat": map[any]any{
			"Metric": map[any]any{"Namespace": "app", "MetricName": "errors", "Dimensions": []any{map[any]any{"Name": "service", "Value": "shop"}}},
			"Period": uint64(60), "Stat": "Sum", "Unit": "Count",
		}},
	}
	if diff := cmp.Diff(want, got["MetricDataQueries"]); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func isTime(got any, want time.Time) bool {
	at, ok := got.(time.Time)
	return ok && at.Equal(want)
}

func TestSpecsThatAreNotAsked(t *testing.T) {
	controller(t, "http://127.0.0.1")
	bad := question(v1alpha1.CloudWatchMetricDataQuery{ID: "a"})
	bad.Metric.Provider.CloudWatch.Interval = "-5m"
	for name, test := range map[string]struct {
		question metric.Query
		want     string
	}{
		"a negative interval": {bad, `interval "-5m" is no positive duration`},
		"a period of words":   {question(v1alpha1.CloudWatchMetricDataQuery{}, v1alpha1.CloudWatchMetricDataQuery{Period: new(intstr.FromString("often"))}), `metricDataQueries[1].period "often" is no number`},
		"a period of a metric": {
			question(v1alpha1.CloudWatchMetricDataQuery{MetricStat: &v1alpha1.CloudWatchMetricStat{Period: intstr.FromString("1m")}}), `metricDataQueries[0].metricStat.period "1m" is no number`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := (&cloudwatch.Provider{Pool: call.NewPool(nil)}).Measure(t.Context(), test.question, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAControllerWithoutRegion(t *testing.T) {
	controller(t, "http://127.0.0.1")
	t.Setenv("AWS_REGION", "")
	_, err := (&cloudwatch.Provider{Pool: call.NewPool(nil)}).Measure(t.Context(), question(), nil)
	if err == nil || err.Error() != "cloudwatch: no AWS region: set AWS_REGION on the controller" {
		t.Errorf("error %v", err)
	}
}

func TestFailures(t *testing.T) {
	controller(t, "")
	calltest.Failures(t, calltest.Contract{
		Provider: "cloudwatch", Timeout: 30 * time.Second, Secrets: []string{"s3ssion-token", "argum3nt"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			if err := os.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH", address); err != nil { //nolint:usetesting // controller puts it back
				return metric.Measurement{}, err
			}
			return (&cloudwatch.Provider{Pool: pool}).Measure(ctx, question(v1alpha1.CloudWatchMetricDataQuery{ID: "a", Expression: new("argum3nt")}), nil)
		},
	})
}
