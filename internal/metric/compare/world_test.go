package compare_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/comparison"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/compare"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// world is a Prometheus server in which so much happened in each minute after noon; the past has minutes up to 0.
type world struct {
	address string
	traffic func(minute int) (canary, stable judge.Counts)
	// answer takes the place of traffic; false: it has nothing to say about a query.
	answer func(query string, minute int) (body string, said bool)

	mu    sync.Mutex
	asked []string // what, and the minute
}

func newWorld(t *testing.T, traffic func(minute int) (canary, stable judge.Counts)) *world {
	t.Helper()
	w := &world{traffic: traffic}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.address = server.URL
	return w
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	query := r.FormValue("query")
	if strings.HasSuffix(r.URL.Path, "/query_range") {
		start, end := minute(r.FormValue("start")), minute(r.FormValue("end"))
		w.note(fmt.Sprintf("%s %d to %d each %s", what(query), start, end, r.FormValue("step")))
		if !w.interrupts(out, query, end) {
			w.span(out, query, start, end)
		}
		return
	}
	at := minute(r.FormValue("time"))
	w.note(fmt.Sprintf("%s %d", what(query), at))
	if w.interrupts(out, query, at) {
		return
	}
	if n := w.number(query, at); n > 0 {
		write(out, vector(fmt.Sprint(n)))
		return
	}
	write(out, vector())
}

func (w *world) interrupts(out http.ResponseWriter, query string, minute int) bool {
	if w.answer == nil {
		return false
	}
	body, said := w.answer(query, minute)
	if said {
		write(out, body)
	}
	return said
}

func (w *world) span(out http.ResponseWriter, query string, start, end int) {
	var values []string
	for m := start; m <= end; m++ {
		if n := w.number(query, m); n > 0 {
			values = append(values, fmt.Sprintf(`[%d,"%v"]`, noon.Add(time.Duration(m)*time.Minute).Unix(), n))
		}
	}
	if len(values) == 0 {
		write(out, matrix())
		return
	}
	write(out, matrix(`{"metric":{},"values":[`+strings.Join(values, ",")+`]}`))
}

func matrix(series ...string) string {
	return `{"status":"success","data":{"resultType":"matrix","result":[` + strings.Join(series, ",") + `]}}`
}

func (w *world) number(query string, minute int) float64 {
	canary, stable := w.traffic(minute)
	counts := stable
	if strings.Contains(query, "new") {
		counts = canary
	}
	if strings.HasPrefix(query, "bad") {
		return counts.Bad
	}
	return counts.Requests
}

func (w *world) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, text)
}

func what(query string) string {
	name, _, _ := strings.Cut(query, "[")
	return name
}

func minute(text string) int {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return -1000
	}
	return int(time.Unix(int64(seconds), 0).Sub(noon) / time.Minute)
}

func write(out http.ResponseWriter, body string) {
	if status, err := strconv.Atoi(body); err == nil {
		out.WriteHeader(status)
		return
	}
	out.Header().Set("Content-Type", "application/json")
	_, _ = out.Write([]byte(body)) // the client's side is under test
}

func vector(values ...string) string {
	series := make([]string, 0, len(values))
	for n, value := range values {
		series = append(series, fmt.Sprintf(`{"metric":{"n":"%d"},"value":[1,"%s"]}`, n, value))
	}
	return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(series, ",") + `]}}`
}

// asking is the metric that asks a world with queries of its own; settings are added.
func asking(address string, settings map[string]any) v1alpha1.Metric {
	config := map[string]any{
		"prometheus": map[string]any{"address": address},
		"requests":   "all_$version[$interval]", "bad": "bad_$version[$interval]", "canary": "new", "stable": "old",
	}
	for key, value := range settings {
		config[key] = value
		if value == nil {
			delete(config, key)
		}
	}
	raw, err := json.Marshal(config)
	if err != nil {
		panic(err) // made of maps, texts and numbers
	}
	return v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{comparison.Name: raw}}}
}

func question(m v1alpha1.Metric, now time.Time) metric.Query {
	return metric.Query{Run: types.NamespacedName{Namespace: "shop", Name: "web-1"}, Metric: m, Number: 1, Started: noon, Now: now}
}

func provider() compare.Provider {
	return compare.Provider{Prometheus: prometheus.Provider{Pool: call.NewPool(nil), Env: calltest.Env(nil)}}
}

// run measures until there is a verdict, each time when the measurement asks for it, as the status of a run stores it in between.
func run(t *testing.T, m v1alpha1.Metric, from time.Time, prior *metric.Measurement, until time.Time) (metric.Measurement, time.Time) {
	t.Helper()
	now := from
	for range 1000 {
		got, err := provider().Measure(t.Context(), question(m, now), prior)
		if err != nil {
			t.Fatalf("at %s: %v", now.Format(time.TimeOnly), err)
		}
		if got.Phase != v1alpha1.AnalysisPhaseRunning || got.ResumeAt.After(until) {
			return got, now
		}
		prior = &metric.Measurement{Text: got.Text, Phase: got.Phase, Message: got.Message, Metadata: got.Metadata, ResumeAt: got.ResumeAt}
		if got.ResumeAt.After(now) {
			now = got.ResumeAt
		}
	}
	t.Fatal("no end")
	return metric.Measurement{}, now
}

// steady is the same traffic in each minute.
func steady(canary, stable judge.Counts) func(int) (judge.Counts, judge.Counts) {
	return func(minute int) (judge.Counts, judge.Counts) {
		if minute <= 0 {
			return judge.Counts{}, stable
		}
		return canary, stable
	}
}

func counts(requests, bad float64) judge.Counts { return judge.Counts{Requests: requests, Bad: bad} }
