package serve

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of every answer.
const (
	VersionHeader  = "X-Kanari-Version"
	PodHeader      = "X-Kanari-Pod"
	ReceivedHeader = "X-Kanari-Received" // when the pod got the request, nanoseconds since 1970
)

// Version is the image's tag, or the last part of its name without one.
func Version(image string) string {
	name := image[strings.LastIndex(image, "/")+1:]
	if before, tag, ok := strings.Cut(name, ":"); ok {
		return cmp.Or(tag, before)
	}
	return name
}

type answer struct {
	workload Workload
	version  *version
	metrics  *metrics
}

// reply is the body of an answer.
type reply struct {
	Version   string `json:"version"`
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Node      string `json:"node"`
	Zone      string `json:"zone"`
}

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == MetricsPath {
		a.metrics.handler.ServeHTTP(w, r)
		return
	}
	received := time.Now()
	b := a.version.behaviour.Load()
	a.version.requests.Add(1)
	if !pause(r, b.Latency) {
		return
	}
	h := w.Header()
	h.Set(VersionHeader, Version(a.workload.Image))
	h.Set(PodHeader, a.workload.Pod)
	h.Set(ReceivedHeader, strconv.FormatInt(received.UnixNano(), 10))
	h.Set("Content-Type", "application/json")
	status := http.StatusOK
	if rand.Float64() < b.ErrorRate {
		a.version.errors.Add(1)
		status = http.StatusInternalServerError
	}
	a.metrics.answered(status, time.Since(received))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(reply{
		Version: Version(a.workload.Image), Namespace: a.workload.Namespace,
		Pod: a.workload.Pod, Node: a.workload.Node, Zone: a.workload.Zone,
	})
}

// pause waits unless the client gives up first.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
