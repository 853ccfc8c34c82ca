package serve

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/lab/network"
)

func TestServes(t *testing.T) {
	tests := map[string]struct {
		prefixes []string
		image    string
		want     bool
	}{
		"the demo's image":                 {nil, "kanari.dev/demo:red", true},
		"another image":                    {nil, "nginx:1.21.0", false},
		"a name given by flag":             {[]string{"nginx"}, "nginx:1.21.0", true},
		"a name is not a prefix of a word": {[]string{"nginx"}, "nginx-exporter:1", false},
		"a name with a digest":             {[]string{"nginx"}, "nginx@sha256:1", true},
		"a registry's folder":              {[]string{"ghcr.io/team/"}, "ghcr.io/team/app:v1", true},
		"a folder without a slash, too":    {[]string{"ghcr.io/team"}, "ghcr.io/team/app:v1", true},
		"a star is for all":                {[]string{"*"}, "anything", true},
	}
	for name, test := range tests {
		if got := New(nil, test.prefixes).serves(test.image); got != test.want {
			t.Errorf("%s: serves(%q) = %t", name, test.image, got)
		}
	}
}

func TestVersion(t *testing.T) {
	tests := map[string]string{
		"kanari.dev/demo:red": "red", "localhost:5000/app:v2": "v2", "localhost:5000/app": "app", "nginx": "nginx",
	}
	for image, want := range tests {
		if got := Version(image); got != want {
			t.Errorf("Version(%q) = %q, want %q", image, got, want)
		}
	}
}

func TestAnswer(t *testing.T) {
	s := New(nil, nil)
	w := Workload{Image: "kanari.dev/demo:red", Namespace: "shop", Pod: "web-1", Node: "node-1", Zone: "a"}
	handler := answer{w, s.versions.of(w.Image), newMetrics()}
	ask := func() *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
		return recorder
	}
	got := ask()
	var body reply
	if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	want := reply{Version: "red", Namespace: "shop", Pod: "web-1", Node: "node-1", Zone: "a"}
	if diff := cmp.Diff(want, body); diff != "" || got.Code != http.StatusOK || got.Header().Get(VersionHeader) != "red" {
		t.Errorf("status %d, header %q, body %s", got.Code, got.Header().Get(VersionHeader), diff)
	}
	if err := s.Set(w.Image, Behaviour{ErrorRate: 1, Latency: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got.Code != http.StatusInternalServerError || got.Header().Get(VersionHeader) != "red" {
		t.Errorf("with error rate 1: status %d, version %q", got.Code, got.Header().Get(VersionHeader))
	}
	count := Count{Behaviour: Behaviour{ErrorRate: 1, Latency: time.Millisecond}, Requests: 2, Errors: 1}
	if diff := cmp.Diff(map[string]Count{w.Image: count}, s.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestSetRefuses(t *testing.T) {
	s := New(nil, nil)
	for name, err := range map[string]error{
		"an error rate above 1":  s.Set("kanari.dev/demo:red", Behaviour{ErrorRate: 1.5}),
		"a negative latency":     s.Set("kanari.dev/demo:red", Behaviour{Latency: -1}),
		"an image nobody serves": s.Set("nginx:1", Behaviour{}),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestStartAndStop(t *testing.T) {
	n := &network.Mapped{}
	s := New(n, nil)
	w := Workload{Image: "kanari.dev/demo:red", Address: netip.MustParseAddr("10.88.1.1"), Ports: []int{80, 8080}}
	server, err := s.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(w); err == nil {
		t.Error("two servers were started on one address")
	}
	client := &http.Client{Transport: &http.Transport{DialContext: n.DialContext}}
	for _, url := range []string{"http://10.88.1.1/", "http://10.88.1.1:8080/"} {
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	server.Stop()
	if response, err := client.Get("http://10.88.1.1/"); err == nil {
		_ = response.Body.Close()
		t.Error("a stopped server answers")
	}
}

func TestMetrics(t *testing.T) {
	s := New(nil, nil)
	w := Workload{Image: "kanari.dev/demo:red"}
	handler := answer{w, s.versions.of(w.Image), newMetrics()}
	ask := func(path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		return recorder
	}
	ask("/")
	ask("/shop")
	if err := s.Set(w.Image, Behaviour{ErrorRate: 1, Latency: 30 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	ask("/")
	ask(MetricsPath)
	got := ask(MetricsPath)
	if got.Code != http.StatusOK {
		t.Errorf("status %d: asking for metrics must not fail", got.Code)
	}
	for _, line := range []string{
		`http_requests_total{status="200"} 2`,
		`http_requests_total{status="500"} 1`,
		`http_request_duration_seconds_bucket{le="0.025"} 2`,
		`http_request_duration_seconds_bucket{le="+Inf"} 3`,
	} {
		if !strings.Contains(got.Body.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, got.Body)
		}
	}
	if count := s.Counts()[w.Image]; count.Requests != 3 {
		t.Errorf("%d requests were counted, 3 were made", count.Requests)
	}
}
