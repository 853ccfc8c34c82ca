package calls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Port that orders are taken on.
const Port = "8080"

const headersWithin = 5 * time.Second

// Run takes orders over HTTP until ctx ends. A Plan is posted to /calls, and Reports are streamed until one is Done, or for as long as
// the caller listens; a POST to /calls/NAME/end has the plan of that name come to its end.
func (n Node) Run(ctx context.Context) error {
	o := &orders{node: n, ends: map[string]context.CancelFunc{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /calls", o.serve)
	mux.HandleFunc("POST /calls/{name}/end", o.end)
	server := &http.Server{Addr: net.JoinHostPort(n.Address, Port), Handler: mux, ReadHeaderTimeout: headersWithin}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

// orders are the plans under way.
type orders struct {
	node Node

	mutex sync.Mutex
	ends  map[string]context.CancelFunc // by the plan's name
}

// serve streams a JSON object a line.
func (o *orders) serve(w http.ResponseWriter, r *http.Request) {
	var p Plan
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		http.Error(w, "reading the plan: "+err.Error(), http.StatusBadRequest)
		return
	}
	order, err := o.begin(r.Context(), p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer o.forget(p.Name)
	w.Header().Set("Content-Type", "application/jsonl")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	_ = flush.Flush()
	emit := func(report Report) error { return errors.Join(out.Encode(report), flush.Flush()) }
	if err := o.node.run(order, p, emit); err != nil && r.Context().Err() == nil {
		_ = emit(Report{At: time.Now(), Done: true, Errors: map[string]int{err.Error(): 1}}) // who asked may have gone
	}
}

// begin notes a plan. The context that it returns ends with the order to end, or with ctx.
func (o *orders) begin(ctx context.Context, p Plan) (context.Context, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.ends[p.Name] != nil {
		return nil, fmt.Errorf("name %q: a plan of that name is under way; choose another", p.Name)
	}
	order, end := context.WithCancel(ctx)
	o.ends[p.Name] = end
	return order, nil
}

func (o *orders) forget(name string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.ends[name]()
	delete(o.ends, name)
}

func (o *orders) end(w http.ResponseWriter, r *http.Request) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	end, ok := o.ends[r.PathValue("name")]
	if !ok {
		http.Error(w, fmt.Sprintf("no plan %q is under way", r.PathValue("name")), http.StatusNotFound)
		return
	}
	end()
}
