package wavefront_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/wavefront"
)

func question(address, query string) metric.Query {
	return metric.Query{
		Now: time.Unix(1777896000, 0), Secrets: []string{"argum3nt"},
		Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Wavefront: &v1alpha1.WavefrontMetric{Address: address, Query: query}}},
	}
}

func provider(address string) wavefront.Provider {
	return wavefront.Provider{Pool: call.NewPool(nil), Namespace: "kanari", Secrets: calltest.Secrets{"kanari/wavefront-api-tokens": {address: "t0ken-of-wavefront"}}}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   metric.Measurement
		err    string
	}{
		"one series": {
			answer: `{"query":"ts(a)","timeseries":[{"label":"a","data":[[1777895990,0.456]]}]}`,
			want:   metric.Measurement{Value: 0.456, Text: "0.46", Metadata: map[string]string{"timestamps": "1777895990", "drift": "-10"}},
		},
		"the point nearest to now": {
			answer: `{"timeseries":[{"data":[[1777895000,1],[1777896005,2],[1777896100,3]]}]}`,
			want:   metric.Measurement{Value: 2.0, Text: "2.00", Metadata: map[string]string{"timestamps": "1777896005", "drift": "5"}},
		},
		"several series, and a warning": {
			answer: `{"warnings":"slow","timeseries":[{"data":[[1777896000,1]]},{"data":[[1777895999,2.5]]}]}`,
			want: metric.Measurement{
				Value: []float64{1, 2.5}, Text: "[1.00,2.50]",
				Metadata: map[string]string{"timestamps": "[1777896000,1777895999]", "drift": "[0,-1]", "warnings": "slow"},
			},
		},
		"no series":               {answer: `{"query":"ts(a)"}`, err: "the query gave no timeseries"},
		"a series without points": {answer: `{"timeseries":[{"data":[]}]}`, err: "a series holds no point"},
		"an error of the query":   {answer: `{"errorType":"QuerySyntaxError","errorMessage":"unexpected token"}`, err: "the query was refused: unexpected token"},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", test.answer)
			got, err := provider(address).Measure(t.Context(), question(address, "ts(a)"), nil)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			want := map[string][]string{"q": {"ts(a)"}, "s": {"1777896000000"}, "e": {"1777896000000"}, "g": {"s"}, "p": {"1"}, "i": {"true"}}
			if diff := cmp.Diff(want, heard.Query); diff != "" || heard.Path != "/api/v2/chart/api" || heard.Header.Get("Authorization") != "Bearer t0ken-of-wavefront" {
				t.Errorf("asked %+v (-want +got):\n%s", heard, diff)
			}
		})
	}
}

func TestAnAddressWithoutToken(t *testing.T) {
	_, err := provider("other.wavefront.com").Measure(t.Context(), question("shop.wavefront.com", "ts(a)"), nil)
	if err == nil || err.Error() != `wavefront: Secret "wavefront-api-tokens" in "kanari" lacks the key "shop.wavefront.com"` {
		t.Errorf("error %v", err)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "wavefront", Timeout: 30 * time.Second, Secrets: []string{"t0ken-of-wavefront", "argum3nt"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			p := provider(address)
			p.Pool = pool
			return p.Measure(ctx, question(address, "ts(argum3nt)"), nil)
		},
	})
}
