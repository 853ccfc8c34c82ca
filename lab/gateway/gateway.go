package gateway

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kanari-dev/kanari/lab/endpoints"
	"github.com/kanari-dev/kanari/lab/network"
)

// DestinationHeader of an answer names the Service that the request was sent to, as namespace/name.
const DestinationHeader = "X-Lab-Destination"

// Gateway forwards requests. As a RoundTripper it takes the place of a client's transport; Handler serves HTTP.
type Gateway struct {
	directory *endpoints.Directory
	transport *http.Transport
	table     atomic.Pointer[table]
	turn      atomic.Uint64
}

// Start reads the routes and keeps up with them until life ends; ctx bounds the first reading.
func Start(ctx, life context.Context, cfg *rest.Config, d *endpoints.Directory, n network.Network) (*Gateway, error) {
	g := &Gateway{directory: d, transport: &http.Transport{
		DialContext:         n.DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     30 * time.Second,
	}}
	return g, watch(ctx, life, cfg, func(o objects) {
		t := o.table()
		g.table.Store(&t)
	})
}

// RoundTrip sends a request where the routes say. No route gives 404, no ready endpoint 503; an error means that
// the endpoint did not answer.
func (g *Gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	q := newRequest(r)
	if r.Host == "" {
		q = newRequest(withHost(r))
	}
	b, status := g.destination(q)
	if status != 0 {
		return answer(r, status, "no route for host "+q.host), nil
	}
	if b.namespace == "" {
		return g.send(r, b.service)
	}
	name := b.namespace + "/" + b.service
	response, err := g.try(r, endpoints.Query{Namespace: b.namespace, Name: b.service, Port: b.port, Labels: b.labels})
	if response == nil && err == nil {
		response = answer(r, http.StatusServiceUnavailable, "no ready endpoint of Service "+name)
	}
	if response != nil {
		response.Header.Set(DestinationHeader, name)
	}
	return response, err
}

// tries is how many endpoints are asked when some cannot be connected to, as real gateways do by default.
const tries = 3

// try sends a request to a ready endpoint. There is neither an answer nor an error if there is none.
func (g *Gateway) try(r *http.Request, q endpoints.Query) (response *http.Response, err error) {
	for range tries {
		ready := g.directory.Ready(q)
		if len(ready) == 0 {
			return nil, err
		}
		response, err = g.send(r, ready[g.turn.Add(1)%uint64(len(ready))].String())
		if !unconnected(err) || r.Body != nil && r.Body != http.NoBody {
			return response, err
		}
	}
	return nil, err
}

func unconnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (g *Gateway) send(r *http.Request, to string) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host = "http", to
	return g.transport.RoundTrip(out)
}

func withHost(r *http.Request) *http.Request {
	named := r.Clone(r.Context())
	named.Host = r.URL.Host
	return named
}

// destination of a request: by a route, by the name of a Service, or, without a namespace, by an address in the
// cluster's ranges. The second result is the status of the answer if there is none.
func (g *Gateway) destination(q request) (backend, int) {
	if ip, err := netip.ParseAddr(q.host); err == nil && (network.Pods.Contains(ip) || network.Services.Contains(ip)) {
		port := q.port
		if port == "" {
			port = "80"
		}
		return backend{service: q.host + ":" + port}, 0
	}
	backends, claimed := g.table.Load().find(q)
	if !claimed && len(backends) == 0 {
		return g.byName(q)
	}
	b, ok := choose(backends, rand.Float64())
	if !ok {
		return b, http.StatusNotFound
	}
	return b, 0
}

func (g *Gateway) byName(q request) (backend, int) {
	namespace, name := serviceOf(q.host, "default")
	if !g.directory.Exists(namespace, name) {
		return backend{}, http.StatusNotFound
	}
	port, err := strconv.ParseInt(q.port, 10, 32)
	if err != nil {
		port = 0
	}
	return backend{namespace: namespace, service: name, port: int32(port)}, 0
}

func answer(r *http.Request, status int, text string) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:    io.NopCloser(strings.NewReader(text + "\n")),
		Request: r, ContentLength: int64(len(text) + 1),
	}
}

// Handler serves the gateway to HTTP clients, which choose a host by their Host header, or by asking for a whole URL as
// one does of a proxy: HTTP_PROXY=http://127.0.0.1:PORT lets a program outside call http://SERVICE.NAMESPACE:PORT.
func (g *Gateway) Handler() http.Handler {
	forward := &httputil.ReverseProxy{
		Transport: g,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", p.In.Host, p.In.Host
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			http.Error(w, "the lab's gateway forwards HTTP only, not "+r.Host, http.StatusMethodNotAllowed)
			return
		}
		forward.ServeHTTP(w, r)
	})
}
