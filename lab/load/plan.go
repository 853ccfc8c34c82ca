package load

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Plan says what to send.
type Plan struct {
	Host     string            `json:"host"`
	Path     string            `json:"path,omitempty"`     // "/" if empty
	Rate     int               `json:"rate"`               // requests a second
	Duration time.Duration     `json:"duration,omitempty"` // nanoseconds; 0: until cancelled
	Every    time.Duration     `json:"every,omitempty"`    // time between reports, nanoseconds; 0: a second
	Headers  map[string]string `json:"headers,omitempty"`
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
