package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Backend is a web server that metrics ask. It answers what it was last told to.
type Backend struct {
	URL string

	mutex   sync.Mutex
	serve   http.HandlerFunc
	waiting chan struct{} // closed when the test ends
	came    chan struct{} // a request that hangs
	given   chan struct{} // one whose caller went away
}

// NewBackend starts a backend on loopback that answers {"rate": 1}.
func NewBackend(t *testing.T) *Backend {
	t.Helper()
	b := &Backend{waiting: make(chan struct{}), came: make(chan struct{}, 100), given: make(chan struct{}, 100)}
	b.Rate(1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mutex.Lock()
		serve := b.serve
		b.mutex.Unlock()
		serve(w, r)
	}))
	b.URL = server.URL
	t.Cleanup(func() { close(b.waiting); server.Close() })
	return b
}

// Serve has a function answer from now on.
func (b *Backend) Serve(serve http.HandlerFunc) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.serve = serve
}

// Rate answers a figure from now on.
func (b *Backend) Rate(rate float64) {
	b.Serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"rate": %g}`, rate) })
}

// Hang answers nothing from now on, and notes callers that came and that gave up.
func (b *Backend) Hang() {
	b.Serve(func(_ http.ResponseWriter, r *http.Request) {
		b.came <- struct{}{}
		select {
		case <-r.Context().Done():
			b.given <- struct{}{}
		case <-b.waiting:
		}
	})
}

// await waits until a backend has noted something.
func await(t *testing.T, what string, noted <-chan struct{}) {
	t.Helper()
	select {
	case <-noted:
	case <-time.After(patience):
		t.Fatalf("waiting for %s: it did not come", what)
	}
}

// Run describes an AnalysisRun.
type Run struct {
	Name string
	// Instance hands it to the controller of that instance id; empty for the shared one.
	Instance string
	// Metrics and More of its spec, each in YAML.
	Metrics []string
	More    []string
}

// Measure creates an AnalysisRun.
func (s *Scene) Measure(r Run) {
	s.Helper()
	labels := "{}"
	if r.Instance != "" {
		labels = fmt.Sprintf("{%s: %s}", v1alpha1.ControllerInstanceIDLabel, r.Instance)
	}
	spec := append([]string{"metrics: [" + strings.Join(r.Metrics, ", ") + "]"}, r.More...)
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: %s, labels: %s}
spec:
  %s
`, r.Name, labels, strings.Join(spec, "\n  ")))
}

// run returns an AnalysisRun.
func (s *State) run(name string) *v1alpha1.AnalysisRun {
	return read[v1alpha1.AnalysisRun](s.object("AnalysisRun", name))
}

// AwaitRun waits until an AnalysisRun is in a phase.
func (s *Scene) AwaitRun(name string, phase v1alpha1.AnalysisPhase) *v1alpha1.AnalysisRun {
	s.Helper()
	return s.Await(fmt.Sprintf("AnalysisRun %s to be %s", name, phase), func(now *State) bool {
		run := now.run(name)
		return run != nil && run.Status.Phase == phase
	}).run(name)
}

// told are the reasons of the events about an AnalysisRun with their types, each once.
func (s *State) told(run string) []string {
	var reasons []string
	for _, object := range s.all("Event") {
		if e := read[corev1.Event](object); e.InvolvedObject.Kind == "AnalysisRun" && e.InvolvedObject.Name == run {
			reasons = append(reasons, e.Type+" "+e.Reason)
		}
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// jobs are the Jobs of an AnalysisRun that are there and are to stay.
func (s *State) jobs(run string) []*batchv1.Job {
	var found []*batchv1.Job
	for _, object := range s.all("Job") {
		if job := read[batchv1.Job](object); job.DeletionTimestamp == nil && job.Annotations["analysisrun.argoproj.io/name"] == run {
			found = append(found, job)
		}
	}
	return found
}

// Leaks finds everything recorded in the namespace, and everything in a log at that path, that repeats a text.
func (s *Scene) Leaks(text, path string) []string {
	s.Helper()
	var found []string
	for _, entry := range s.Trace() {
		raw, err := json.Marshal(entry.Object)
		if err != nil {
			s.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			found = append(found, entry.String())
		}
	}
	log, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, text) {
			found = append(found, "log: "+line)
		}
	}
	return found
}
