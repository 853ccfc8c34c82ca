package serve

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/lab/network"
)

// DemoImage is always served, whatever its tag.
const DemoImage = "kanari.dev/demo"

// Servers starts and ends the servers of pods.
type Servers struct {
	network  network.Network
	prefixes []string
	versions versions
}

// New serves DemoImage and every image whose name begins with one of prefixes; the prefix * stands for all.
func New(n network.Network, prefixes []string) *Servers {
	return &Servers{network: n, prefixes: append([]string{DemoImage}, prefixes...)}
}

// Workload is the container in whose name a server answers.
type Workload struct {
	Image                      string
	Namespace, Pod, Node, Zone string
	Address                    netip.Addr
	Ports                      []int // 8080 if there are none
}

// Server answers for one container.
type Server struct{ http *http.Server }

// Start returns a server that already listens, or nil if the image is not one that is served.
func (s *Servers) Start(w Workload) (*Server, error) {
	if !s.serves(w.Image) {
		return nil, nil
	}
	if len(w.Ports) == 0 {
		w.Ports = []int{8080}
	}
	srv := &http.Server{Handler: answer{w, s.versions.of(w.Image), newMetrics()}, ReadHeaderTimeout: 10 * time.Second}
	var listeners []net.Listener
	for _, port := range w.Ports {
		l, err := s.network.Listen(netip.AddrPortFrom(w.Address, uint16(port)))
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("serving %s of pod %s/%s: %w", w.Image, w.Namespace, w.Pod, err)
		}
		listeners = append(listeners, l)
	}
	for _, l := range listeners {
		go func() { _ = srv.Serve(l) }() // ends with the server
	}
	return &Server{srv}, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}

// drainWithin bounds how long Stop waits for requests under way.
const drainWithin = time.Second

// Stop answers the requests under way and ends the server.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.Break()
	}
}

// Break ends the server as a lost machine would: requests under way get no answer.
func (s *Server) Break() { _ = s.http.Close() }

// Set changes how the servers of an image answer from the next request on.
func (s *Servers) Set(image string, b Behaviour) error {
	if b.ErrorRate < 0 || b.ErrorRate > 1 {
		return fmt.Errorf("error rate %g: want a share from 0 to 1", b.ErrorRate)
	}
	if b.Latency < 0 {
		return fmt.Errorf("latency %s: want a time of at least 0", b.Latency)
	}
	if !s.serves(image) {
		return fmt.Errorf("image %q is not served: start the lab with --serve-image", image)
	}
	s.versions.of(image).behaviour.Store(&b)
	return nil
}

// Counts tells for each image that was served or set what its servers do and have done.
func (s *Servers) Counts() map[string]Count { return s.versions.counts() }

func (s *Servers) serves(image string) bool {
	for _, p := range s.prefixes {
		if p == "*" || matches(p, image) {
			return true
		}
	}
	return false
}

// matches takes a prefix for a whole name or folder: nginx means nginx:1.21.0 but not nginx-exporter.
func matches(prefix, image string) bool {
	rest, ok := strings.CutPrefix(image, prefix)
	return ok && (rest == "" || strings.HasSuffix(prefix, "/") || strings.ContainsRune(":/@", rune(rest[0])))
}
