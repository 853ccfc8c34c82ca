package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/pprof"

	"github.com/kanari-dev/kanari/lab/controlplane"
	"github.com/kanari-dev/kanari/lab/kubelet"
	"github.com/kanari-dev/kanari/lab/network"
	"github.com/kanari-dev/kanari/lab/serve"
)

// Server carries commands out.
type Server struct {
	Plane   *controlplane.Plane
	Kubelet *kubelet.Kubelet
	Servers *serve.Servers
	Gateway http.RoundTripper
	Network network.Network
}

// Handler serves the commands.
func (s Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /nodes/{name}/{state}", plain(s.node))
	mux.HandleFunc("POST /zones/{name}/{state}", plain(s.zone))
	mux.HandleFunc("POST /pods/{namespace}/{name}/crash", plain(s.crash))
	mux.HandleFunc("POST /pods/{namespace}/{name}/ready/{value}", plain(s.ready))
	mux.HandleFunc("POST /apiserver/restart", plain(s.restart))
	mux.HandleFunc("GET /versions", s.versions)
	mux.HandleFunc("POST /versions", plain(s.setVersion))
	sending := &sending{ends: map[string]context.CancelFunc{}}
	mux.HandleFunc("POST /load", func(w http.ResponseWriter, r *http.Request) { s.load(w, r, sending) })
	mux.HandleFunc("POST /load/{name}/end", plain(sending.end))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
}

// plain turns a command without an answer into a handler.
func plain(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r); err != nil {
			refuse(w, err)
			return
		}
		reply(w, struct{}{})
	}
}

func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(failure{err.Error()})
}

type failure struct {
	Error string `json:"error"`
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func (s Server) node(r *http.Request) error {
	down, err := isDown(r.PathValue("state"))
	if err != nil {
		return err
	}
	return s.Kubelet.SetNode(r.Context(), r.PathValue("name"), down)
}

func (s Server) zone(r *http.Request) error {
	down, err := isDown(r.PathValue("state"))
	if err != nil {
		return err
	}
	return s.Kubelet.SetZone(r.Context(), r.PathValue("name"), down)
}

func isDown(state string) (bool, error) {
	switch state {
	case "down":
		return true, nil
	case "up":
		return false, nil
	}
	return false, fmt.Errorf("state %q: want up or down", state)
}

func (s Server) crash(r *http.Request) error {
	return s.Kubelet.CrashPod(r.PathValue("namespace"), r.PathValue("name"))
}

func (s Server) ready(r *http.Request) error {
	value := r.PathValue("value")
	if value != "true" && value != "false" {
		return fmt.Errorf("ready %q: want true or false", value)
	}
	return s.Kubelet.SetPodReady(r.PathValue("namespace"), r.PathValue("name"), value == "true")
}

func (s Server) restart(r *http.Request) error { return s.Plane.RestartAPIServer(r.Context()) }

func (s Server) versions(w http.ResponseWriter, _ *http.Request) { reply(w, s.Servers.Counts()) }

// Change is a new behaviour for an image; what is nil stays as it is.
type Change struct {
	Image     string   `json:"image"`
	ErrorRate *float64 `json:"errorRate,omitempty"` // 0 to 1
	Latency   *string  `json:"latency,omitempty"`   // as in 20ms
}

func (s Server) setVersion(r *http.Request) error {
	var change Change
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
		return fmt.Errorf("reading the new behaviour: %w", err)
	}
	return change.apply(s.Servers)
}
