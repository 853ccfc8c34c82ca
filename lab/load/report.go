package load

import (
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Report is what was answered since the last one, or, when Done, in all.
type Report struct {
	At       time.Time          `json:"at"`
	Seconds  float64            `json:"seconds"` // since the start
	Done     bool               `json:"done,omitempty"`
	Requests int                `json:"requests"`
	Errors   int                `json:"errors"` // no answer, or a status of 500 and above
	Versions map[string]Version `json:"versions"`
	// Failures counts the errors by status, as in "502", or by what kept the answer away.
	Failures map[string]int `json:"failures,omitempty"`
	P50      float64        `json:"p50ms"` // latency in milliseconds
	P99      float64        `json:"p99ms"`
}

// Version is one version's part. Requests that reached no version are under the empty name.
type Version struct {
	Requests int       `json:"requests"`
	Errors   int       `json:"errors"`
	Share    float64   `json:"share"` // of the report's requests, 0 to 1
	Last     time.Time `json:"last"`  // when its last request reached the pod
}

// tally gathers answers for one report.
type tally struct {
	requests, errors int
	versions         map[string]Version
	failures         map[string]int
	latencies        vegeta.LatencyMetrics
}

// hit is one answer.
type hit struct {
	version string
	at      time.Time
	failure string // empty for a good answer
	latency time.Duration
}

func (t *tally) add(h hit) {
	if t.versions == nil {
		t.versions, t.failures = map[string]Version{}, map[string]int{}
	}
	v := t.versions[h.version]
	v.Requests++
	t.requests++
	if h.failure != "" {
		v.Errors++
		t.errors++
		t.failures[h.failure]++
	}
	if h.at.After(v.Last) {
		v.Last = h.at
	}
	t.versions[h.version] = v
	t.latencies.Add(h.latency)
}

func (t *tally) report(now, began time.Time) Report {
	r := Report{
		At: now, Seconds: now.Sub(began).Seconds(),
		Requests: t.requests, Errors: t.errors, Versions: map[string]Version{}, Failures: t.failures,
	}
	for name, v := range t.versions {
		v.Share = float64(v.Requests) / float64(t.requests)
		r.Versions[name] = v
	}
	if t.requests > 0 {
		r.P50, r.P99 = milliseconds(t.latencies.Quantile(0.5)), milliseconds(t.latencies.Quantile(0.99))
	}
	return r
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
