package load

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// Plan says what to send.
type Plan struct {
	Name     string            `json:"name,omitempty"` // by which it can be ended; none if empty
	Host     string            `json:"host"`
	Path     string            `json:"path,omitempty"`     // "/" if empty
	Rate     int               `json:"rate"`               // requests a second
	Duration time.Duration     `json:"duration,omitempty"` // nanoseconds; 0: until cancelled
	Every    time.Duration     `json:"every,omitempty"`    // time between reports, nanoseconds; 0: a second
	Headers  map[string]string `json:"headers,omitempty"`
	// Through is the address and port of a proxy inside the cluster that takes the requests; empty for the lab's gateway.
	Through string `json:"through,omitempty"`
}

// Check tells what is wrong with a plan.
func (p Plan) Check() error {
	switch {
	case p.Host == "":
		return errors.New("--host: want the host that a route or a Service has")
	case p.Rate < 1:
		return fmt.Errorf("--rate %d: want at least 1 request a second", p.Rate)
	case p.Duration < 0:
		return fmt.Errorf("--duration %s: want at least 0", p.Duration)
	case p.Every < 0:
		return fmt.Errorf("--every %s: want at least 0", p.Every)
	case p.Through == "":
		return nil
	}
	if _, err := netip.ParseAddrPort(p.Through); err != nil {
		return fmt.Errorf("--through %s: want the ADDRESS:PORT of a pod or a Service", p.Through)
	}
	return nil
}

func (p Plan) header() http.Header {
	h := http.Header{}
	for name, value := range p.Headers {
		h.Set(name, value)
	}
	return h
}
