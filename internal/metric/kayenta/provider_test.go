package kayenta_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/kayenta"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func question(address string, change func(*metric.Query)) metric.Query {
	q := metric.Query{
		Now: noon, Started: noon.Add(-time.Hour), Secrets: []string{"argum3nt"},
		Metric: v1alpha1.Metric{Name: "m", Interval: "5m", Provider: v1alpha1.MetricProvider{Kayenta: &v1alpha1.KayentaMetric{
			Address: address, Application: "shop-argum3nt", CanaryConfigName: "latency",
			MetricsAccountName: "metrics", ConfigurationAccountName: "config", StorageAccountName: "storage",
			Threshold: v1alpha1.KayentaThreshold{Pass: 90, Marginal: 75},
			Scopes: []v1alpha1.KayentaScope{{
				Name:            "default",
				ControlScope:    v1alpha1.ScopeDetail{Scope: "stable", Region: "eu", Step: 60, Start: "2026-05-04T10:00:00Z", End: "2026-05-04T11:00:00Z"},
				ExperimentScope: v1alpha1.ScopeDetail{Scope: "canary", Region: "eu", Step: 60},
			}},
		}}},
	}
	if change != nil {
		change(&q)
	}
	return q
}

// judge is a Kayenta with one configuration; it answers state when it is asked for an execution.
func judge(t *testing.T, state string) (address string, created *string) {
	t.Helper()
	created = new(string)
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text) // the client's side is under test
	}
	mux.HandleFunc("GET /canaryConfig", func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RawQuery; got != "application=shop-argum3nt&configurationAccountName=storage" {
			t.Errorf("asked for configurations of %s", got)
		}
		say(w, `[{"id":"7","name":"errors"},{"id":"8/a","name":"latency","applications":["shop"]}]`)
	})
	mux.HandleFunc("POST /canary/{config}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.PathValue("config") != "8/a" {
			t.Errorf("config %q, %v", r.PathValue("config"), err)
		}
		if got := r.URL.RawQuery; got != "application=shop-argum3nt&configurationAccountName=config&metricsAccountName=metrics&storageAccountName=storage" {
			t.Errorf("asked to judge %s", got)
		}
		*created = string(body)
		say(w, `{"canaryExecutionId":"01EXEC"}`)
	})
	mux.HandleFunc("GET /canary/01EXEC", func(w http.ResponseWriter, _ *http.Request) { say(w, state) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, created
}

func TestAnExecutionIsStarted(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*metric.Query)
		start  string
	}{
		"from an interval ago":      {start: "2026-05-04T11:55:00Z"},
		"from the start of the run": {change: func(q *metric.Query) { q.Metric.Provider.Kayenta.Lookback = true }, start: "2026-05-04T11:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			address, created := judge(t, "")
			got, err := kayenta.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question(address, test.change), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"canaryExecutionId": "01EXEC"}, ResumeAt: noon.Add(15 * time.Second)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
			body := fmt.Sprintf(`{"scopes":{"default":{
				"controlScope":{"scope":"stable","region":"eu","step":60,"start":"2026-05-04T10:00:00Z","end":"2026-05-04T11:00:00Z"},
				"experimentScope":{"scope":"canary","region":"eu","step":60,"start":%q,"end":"2026-05-04T12:00:00Z"}}},
				"thresholds":{"pass":90,"marginal":75}}`, test.start)
			if diff := cmp.Diff(decoded(t, body), decoded(t, *created)); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}

func TestTheScoreDecides(t *testing.T) {
	score := func(n string) string {
		return `{"complete":true,"status":"succeeded","result":{"judgeResult":{"score":{"score":` + n + `}}}}`
	}
	metadata := map[string]string{"canaryExecutionId": "01EXEC"}
	for name, test := range map[string]struct {
		state string
		want  metric.Measurement
		err   string
	}{
		"as good as asked":    {state: score("90"), want: metric.Measurement{Value: 90.0, Text: "90", Phase: v1alpha1.AnalysisPhaseSuccessful, Metadata: metadata}},
		"just below":          {state: score("89.9"), want: metric.Measurement{Value: 89.0, Text: "89", Phase: v1alpha1.AnalysisPhaseInconclusive, Metadata: metadata}},
		"as low as tolerated": {state: score("75"), want: metric.Measurement{Value: 75.0, Text: "75", Phase: v1alpha1.AnalysisPhaseInconclusive, Metadata: metadata}},
		"too low":             {state: score("74.99"), want: metric.Measurement{Value: 74.0, Text: "74", Phase: v1alpha1.AnalysisPhaseFailed, Metadata: metadata}},
		"not yet": {
			state: `{"complete":false,"status":"running"}`,
			want:  metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: metadata, ResumeAt: noon.Add(15 * time.Second)},
		},
		"an end without score": {state: `{"complete":true,"status":"terminal"}`, err: `execution 01EXEC ended without a score (status "terminal")`},
		"no state":             {state: `{}`, err: "does not say whether the execution is complete"},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := judge(t, test.state)
			prior := &metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: metadata}
			got, err := kayenta.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question(address, nil), prior)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*metric.Query)
		want   string
	}{
		"a configuration that nobody knows": {func(q *metric.Query) { q.Metric.Provider.Kayenta.CanaryConfigName = "memory" }, `application "shop-*****" has no canary config "memory"`},
		"a scope without start":             {func(q *metric.Query) { q.Metric.Interval = "" }, `kayenta: scope "default": start is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := judge(t, "")
			_, err := kayenta.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), question(address, test.change), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	for name, prior := range map[string]*metric.Measurement{
		"at the start": nil,
		"later":        {Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"canaryExecutionId": "argum3nt"}},
	} {
		t.Run(name, func(t *testing.T) {
			calltest.Failures(t, calltest.Contract{
				Provider: "kayenta", Timeout: 15 * time.Second, Secrets: []string{"argum3nt"},
				Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
					return kayenta.Provider{Pool: pool}.Measure(ctx, question(address, nil), prior)
				},
			})
		})
	}
}

func TestStopSettlesTheMeasurement(t *testing.T) {
	m := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"canaryExecutionId": "01EXEC"}, ResumeAt: noon}
	want := metric.Measurement{Phase: v1alpha1.AnalysisPhaseInconclusive, Metadata: m.Metadata}
	got, err := kayenta.Provider{}.Stop(t.Context(), question("http://127.0.0.1", nil), m)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, measurement (-want +got):\n%s", err, diff)
	}
}
