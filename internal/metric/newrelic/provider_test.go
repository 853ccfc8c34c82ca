package newrelic_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/newrelic"
)

func question(spec v1alpha1.NewRelicMetric) metric.Query {
	return metric.Query{Secrets: []string{"argum3nt"}, Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{NewRelic: &spec}}}
}

func provider(address string) newrelic.Provider {
	return newrelic.Provider{Pool: call.NewPool(nil), Namespace: "kanari", Secrets: calltest.Secrets{
		"kanari/newrelic": {"personal-api-key": "NRAK-p3rsonal", "account-id": "0123456", "base-url-nerdgraph": address + "/graphql"},
		"kanari/mars":     {"personal-api-key": "NRAK-p3rsonal", "account-id": "1", "region": "mars"},
		"kanari/named":    {"personal-api-key": "NRAK-p3rsonal", "account-id": "shop"},
		"kanari/half":     {"account-id": "1"},
	}}
}

func results(rows string) string {
	return `{"data":{"actor":{"account":{"nrql":{"results":` + rows + `}}}}}`
}

func TestAnswers(t *testing.T) {
	about := map[string]string{"ResolvedNewRelicQuery": "SELECT percentage(count(*), WHERE error) FROM Transaction"}
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"one row": {
			answer: results(`[{"percentage":0.5}]`),
			want:   metric.Measurement{Value: map[string]any{"percentage": 0.5}, Text: `{"percentage":0.5}`},
		},
		"several rows": {
			answer: results(`[{"facet":"a","count":1},{"facet":"b","count":null}]`),
			want: metric.Measurement{
				Value: []map[string]any{{"facet": "a", "count": 1.0}, {"facet": "b", "count": nil}},
				Text:  `[{"count":1,"facet":"a"},{"count":null,"facet":"b"}]`,
			},
		},
		"no rows":                     {answer: results(`[]`), err: "no results returned from NRQL query"},
		"an error of the query":       {answer: `{"data":{"actor":{"account":{"nrql":null}}},"errors":[{"message":"NRQL Syntax Error: Error at line 1"}]}`, err: "the query was refused: NRQL Syntax Error: Error at line 1"},
		"an account that nobody owns": {answer: `{"data":{"actor":{"account":null}}}`, err: "no results"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := provider(address).Measure(t.Context(), question(v1alpha1.NewRelicMetric{Query: about["ResolvedNewRelicQuery"]}), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			test.want.About = about // also beside an error
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			var body struct {
				Variables map[string]any `json:"variables"`
			}
			if err := json.Unmarshal([]byte(heard.Body), &body); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{"account": 123456.0, "nrql": about["ResolvedNewRelicQuery"], "timeout": 5.0}
			if diff := cmp.Diff(want, body.Variables); diff != "" || heard.Path != "/graphql" || heard.Header.Get("Api-Key") != "NRAK-p3rsonal" {
				t.Errorf("asked %+v (-want +got):\n%s", heard, diff)
			}
		})
	}
}

func TestSpecsThatAreNotAsked(t *testing.T) {
	for name, test := range map[string]struct {
		spec v1alpha1.NewRelicMetric
		want string
	}{
		"a negative timeout":        {v1alpha1.NewRelicMetric{Timeout: new(int64(-5))}, "provider.newRelic.timeout is -5"},
		"a region of none":          {v1alpha1.NewRelicMetric{Profile: "mars"}, `region "mars" in Secret "mars" is none of us, eu, staging`},
		"an account without number": {v1alpha1.NewRelicMetric{Profile: "named"}, `account-id in Secret "named" is no number`},
		"a key is missing":          {v1alpha1.NewRelicMetric{Profile: "half"}, `Secret "half" in "kanari" lacks the key "personal-api-key"`},
		"no such Secret":            {v1alpha1.NewRelicMetric{Profile: "none"}, `newrelic: reading Secret "none" in "kanari"`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := provider("http://127.0.0.1").Measure(t.Context(), question(test.spec), nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		timeout *int64
		want    time.Duration
	}{
		"the usual time": {want: 5 * time.Second},
		"its own time":   {timeout: new(int64(12)), want: 12 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			calltest.Failures(t, calltest.Contract{
				Provider: "newrelic", Timeout: test.want, Secrets: []string{"NRAK-p3rsonal", "argum3nt"},
				Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
					p := provider(address)
					p.Pool = pool
					return p.Measure(ctx, question(v1alpha1.NewRelicMetric{Query: "FROM x SELECT argum3nt", Timeout: test.timeout}), nil)
				},
			})
		})
	}
}
