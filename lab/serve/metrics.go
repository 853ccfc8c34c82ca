package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// MetricsPath answers with what its container has done, in Prometheus's text format. It counts for no request itself,
// never fails and does not wait.
const MetricsPath = "/metrics"

// metrics are one container's; they begin at nought when it starts again.
type metrics struct {
	requests *prometheus.CounterVec // by status
	seconds  prometheus.Histogram
	handler  http.Handler
}

func newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by HTTP status code.",
		}, []string{"status"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from a request to its answer.",
		}),
	}
	// A rate does not see the step from no counter to a counter, so both are there before the first request.
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError} {
		m.requests.WithLabelValues(strconv.Itoa(status))
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.seconds)
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

func (m *metrics) answered(status int, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	m.seconds.Observe(took.Seconds())
}
