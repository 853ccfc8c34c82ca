package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/kanari-dev/kanari/lab/load"
)

// load streams reports, a JSON object a line, for as long as the caller listens or until the load is ended by its name.
func (s Server) load(w http.ResponseWriter, r *http.Request, sending *sending) {
	var plan load.Plan
	if err := json.NewDecoder(r.Body).Decode(&plan); err != nil {
		refuse(w, fmt.Errorf("reading the load: %w", err))
		return
	}
	if err := plan.Check(); err != nil {
		refuse(w, err)
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	if err := sending.begin(plan.Name, end); err != nil {
		refuse(w, err)
		return
	}
	defer sending.forget(plan.Name)
	w.Header().Set("Content-Type", "application/jsonl")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	_ = flush.Flush()
	_ = load.Run(ctx, plan, s.proxy(plan.Through), func(report load.Report) error { // fails when the caller has gone
		if err := out.Encode(report); err != nil {
			return err
		}
		return flush.Flush()
	})
}

// proxy sends requests to an address whatever their host; to the lab's gateway if it is empty.
func (s Server) proxy(address string) http.RoundTripper {
	if address == "" {
		return s.Gateway
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, protocol, _ string) (net.Conn, error) {
			return s.Network.DialContext(ctx, protocol, address)
		},
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     30 * time.Second,
	}
}

// sending knows the loads that have a name. Who ends one by its name still hears the totals, in which every request has its answer.
type sending struct {
	mutex sync.Mutex
	ends  map[string]context.CancelFunc
}

func (s *sending) begin(name string, end context.CancelFunc) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ends[name] != nil {
		return fmt.Errorf("name %q: a load of that name is being sent", name)
	}
	if name != "" {
		s.ends[name] = end
	}
	return nil
}

func (s *sending) forget(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.ends, name)
}

func (s *sending) end(r *http.Request) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	end := s.ends[r.PathValue("name")]
	if end == nil {
		return fmt.Errorf("load %q: there is none", r.PathValue("name"))
	}
	end()
	return nil
}
