package prometheus_test

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func question(spec v1alpha1.PrometheusMetric) metric.Query {
	return metric.Query{Now: noon, Secrets: []string{"argum3nt"}, Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Prometheus: &spec}}}
}

func provider(env map[string]string) prometheus.Provider {
	return prometheus.Provider{Pool: call.NewPool(nil), Env: calltest.Env(env)}
}

func success(kind, result string) string {
	return `{"status":"success","data":{"resultType":"` + kind + `","result":` + result + `}}`
}

func TestAnswers(t *testing.T) {
	about := map[string]string{"ResolvedPrometheusQuery": "up"}
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"a scalar": {answer: success("scalar", `[1777896000,"0.5"]`), want: metric.Measurement{Value: 0.5, Text: "0.5"}},
		"a scalar that is no number": {
			answer: success("scalar", `[1777896000,"NaN"]`), want: metric.Measurement{Value: math.NaN(), Text: "NaN"},
		},
		"a vector of one":          {answer: success("vector", `[{"metric":{},"value":[1777896000,"0.99"]}]`), want: metric.Measurement{Value: []float64{0.99}, Text: "[0.99]"}},
		"several series":           {answer: success("vector", `[{"metric":{"a":"1"},"value":[1,"2"]},{"metric":{"a":"2"},"value":[1,"+Inf"]}]`), want: metric.Measurement{Value: []float64{2, math.Inf(1)}, Text: "[2,+Inf]"}},
		"a vector of no number":    {answer: success("vector", `[{"metric":{},"value":[1,"NaN"]}]`), want: metric.Measurement{Value: []float64{math.NaN()}, Text: "[NaN]"}},
		"no series":                {answer: success("vector", `[]`), want: metric.Measurement{Value: []float64{}, Text: "[]"}},
		"a matrix":                 {answer: success("matrix", `[{"metric":{},"values":[[1,"1"],[2,"2"]]},{"metric":{},"values":[[1,"3"]]}]`), want: metric.Measurement{Value: []float64{1, 2, 3}, Text: "[1,2,3]"}},
		"a string":                 {answer: success("string", `[1,"x"]`), err: `unexpected value type "string"`},
		"an error with status 200": {answer: `{"status":"error","errorType":"bad_data","error":"parse error"}`, err: "bad_data: parse error"},
		"warnings": {
			answer: `{"status":"success","warnings":["a store is gone","argum3nt seen"],"data":{"resultType":"scalar","result":[1,"1"]}}`,
			want:   metric.Measurement{Value: 1.0, Text: "1", Metadata: map[string]string{"warnings": `"a store is gone", "***** seen"`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := provider(nil).Measure(t.Context(), question(v1alpha1.PrometheusMetric{Address: address + "/prometheus", Query: "up"}), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			test.want.About = about // also beside an error
			if diff := cmp.Diff(test.want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			asked, err := url.ParseQuery(heard.Body)
			if err != nil || heard.Path != "/prometheus/api/v1/query" || asked.Get("query") != "up" || asked.Get("time") != "1777896000" {
				t.Errorf("asked %s %s at %s", heard.Method, heard.Body, heard.Path)
			}
		})
	}
}

func TestASpanOfTime(t *testing.T) {
	for name, test := range map[string]struct {
		span v1alpha1.PrometheusRangeQueryArgs
		want url.Values
		err  string
	}{
		"relative to now": {
			span: v1alpha1.PrometheusRangeQueryArgs{Start: `now() - duration("1h")`, End: "now()", Step: "1m"},
			want: url.Values{"query": {"up"}, "start": {"1777892400"}, "end": {"1777896000"}, "step": {"60"}},
		},
		"with the functions of conditions": {
			span: v1alpha1.PrometheusRangeQueryArgs{Start: `isNaN(0.5) or isInf(2.0) ? now() : now() - duration("90s")`, End: `date("2026-05-04T12:00:00Z")`, Step: "30s"},
			want: url.Values{"query": {"up"}, "start": {"1777895910"}, "end": {"1777896000"}, "step": {"30"}},
		},
		"no time":       {span: v1alpha1.PrometheusRangeQueryArgs{Start: `"1h"`, End: "now()", Step: "1m"}, err: `rangeQuery.start "\"1h\"": expected time.Time, but got string`},
		"no expression": {span: v1alpha1.PrometheusRangeQueryArgs{Start: `now()`, End: "now(", Step: "1m"}, err: `rangeQuery.end "now("`},
		"no step":       {span: v1alpha1.PrometheusRangeQueryArgs{Start: `now()`, End: "now()"}, err: `rangeQuery.step ""`},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", success("matrix", `[]`))
			_, err := provider(nil).Measure(t.Context(), question(v1alpha1.PrometheusMetric{Address: address, Query: "up", RangeQuery: &test.span}), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			asked, err := url.ParseQuery(heard.Body)
			if err != nil {
				t.Fatal(err)
			}
			asked.Del("timeout")
			if diff := cmp.Diff(test.want, asked, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	tokens, _ := calltest.Answers(t, "application/json", `{"access_token":"t0ken","token_type":"Bearer"}`)
	for name, test := range map[string]struct {
		spec v1alpha1.PrometheusMetric
		want string
	}{
		"headers":    {v1alpha1.PrometheusMetric{Headers: []v1alpha1.WebMetricHeader{{Key: "authorization", Value: "Bearer mine"}}}, "Bearer mine"},
		"basic auth": {v1alpha1.PrometheusMetric{Authentication: v1alpha1.Authentication{BasicAuth: v1alpha1.BasicAuthConfig{Username: "u", Password: "p"}}}, "Basic dTpw"},
		"OAuth2": {v1alpha1.PrometheusMetric{Authentication: v1alpha1.Authentication{
			OAuth2: v1alpha1.OAuth2Config{TokenURL: tokens, ClientID: "c", ClientSecret: "5ecret"},
		}}, "Bearer t0ken"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", success("scalar", `[1,"1"]`))
			test.spec.Address = address
			if _, err := provider(nil).Measure(t.Context(), question(test.spec), nil); err != nil {
				t.Fatal(err)
			}
			if got := heard.Header.Get("Authorization"); got != test.want {
				t.Errorf("Authorization %q, want %q", got, test.want)
			}
		})
	}
}

func TestSignature(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cret-access-key")
	t.Setenv("AWS_SESSION_TOKEN", "s3ssion-token")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	signed := v1alpha1.Authentication{Sigv4: v1alpha1.Sigv4Config{Region: "eu-west-1"}}
	for name, test := range map[string]struct {
		path, region string
		auth         v1alpha1.Authentication
		env          map[string]string
	}{
		"Amazon's service with a region":               {path: "/workspaces/aps-workspaces", auth: signed, region: "eu-west-1"},
		"Amazon's service, the region in the variable": {path: "/aps-workspaces", env: map[string]string{"AWS_REGION": "eu-west-2"}, region: "eu-west-2"},
		"Amazon's service, nothing set":                {path: "/aps-workspaces"},
		"another service":                              {path: "/prometheus", auth: signed},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			address, heard := calltest.Answers(t, "application/json", success("scalar", `[1,"1"]`))
			_, err := provider(test.env).Measure(t.Context(), question(v1alpha1.PrometheusMetric{Address: address + test.path, Query: "up", Authentication: test.auth}), nil)
			if err != nil {
				t.Fatal(err)
			}
			header := heard.Header.Get("Authorization")
			if test.region == "" && header != "" {
				t.Errorf("signed, though nobody asked for it: %s", header)
			}
			if test.region != "" && (!strings.HasPrefix(header, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(header, "/"+test.region+"/aps/aws4_request") || heard.Header.Get("X-Amz-Security-Token") != "s3ssion-token") {
				t.Errorf("not signed for %s: %v", test.region, heard.Header)
			}
		})
	}
}

func TestTheControllersOwnServer(t *testing.T) {
	address, heard := calltest.Answers(t, "application/json", success("scalar", `[1,"1"]`))
	got, err := provider(map[string]string{prometheus.AddressVariable: address}).Measure(t.Context(), question(v1alpha1.PrometheusMetric{Query: "up"}), nil)
	if err != nil || got.Text != "1" || heard.Path != "/api/v1/query" {
		t.Errorf("got %q, %v at %s", got.Text, err, heard.Path)
	}
}

func TestSpecsThatAreNotAsked(t *testing.T) {
	for name, test := range map[string]struct {
		spec v1alpha1.PrometheusMetric
		want string
	}{
		"no address":         {v1alpha1.PrometheusMetric{}, "provider.prometheus.address is empty"},
		"an address of none": {v1alpha1.PrometheusMetric{Address: "prometheus.svc:9090"}, "no URL such as https://host:port"},
		"a negative timeout": {v1alpha1.PrometheusMetric{Address: "http://x", Timeout: new(int64(-1))}, "provider.prometheus.timeout is -1"},
		"two identities": {v1alpha1.PrometheusMetric{Address: "http://x", Authentication: v1alpha1.Authentication{
			BasicAuth: v1alpha1.BasicAuthConfig{Username: "u"}, OAuth2: v1alpha1.OAuth2Config{TokenURL: "http://y"},
		}}, "both basicAuth and oauth2"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := provider(nil).Measure(t.Context(), question(test.spec), nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "prometheus", Timeout: 7 * time.Second, Secrets: []string{"argum3nt", "k3y-of-the-proxy", "cHJvbTpwYS85KzFzcw"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			return prometheus.Provider{Pool: pool, Env: calltest.Env(nil)}.Measure(ctx, question(v1alpha1.PrometheusMetric{
				Address: address, Query: `up{token="argum3nt"}`, Timeout: new(int64(7)),
				Headers:        []v1alpha1.WebMetricHeader{{Key: "X-Api-Key", Value: "k3y-of-the-proxy"}},
				Authentication: v1alpha1.Authentication{BasicAuth: v1alpha1.BasicAuthConfig{Username: "prom", Password: "pa/9+1ss"}},
			}), nil)
		},
	})
}

func TestASignedRequestThatIsRepeatedShowsNoToken(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cret-access-key")
	t.Setenv("AWS_SESSION_TOKEN", "s3ssion-token")
	calltest.Failures(t, calltest.Contract{
		Provider: "prometheus", Timeout: 30 * time.Second, Secrets: []string{"s3ssion-token"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			return prometheus.Provider{Pool: pool, Env: calltest.Env(nil)}.Measure(ctx, question(v1alpha1.PrometheusMetric{
				Address: address + "/aps-workspaces", Query: "up", Authentication: v1alpha1.Authentication{Sigv4: v1alpha1.Sigv4Config{Region: "eu-west-1"}},
			}), nil)
		},
	})
}
