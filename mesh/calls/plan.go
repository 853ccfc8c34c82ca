package calls

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Plan is calls at a constant rate, whatever comes back.
type Plan struct {
	// Name is what the order to end is given to.
	Name string `json:"name"`
	// Target is xds:///host:port, or http://address:port/path.
	Target string `json:"target"`
	// Host is the Host header; over HTTP only.
	Host string `json:"host,omitempty"`
	// HTTP2 speaks HTTP/2 to the target; over HTTP only.
	HTTP2 bool `json:"http2,omitempty"`
	// Rate is calls a second.
	Rate    int               `json:"rate"`
	Headers map[string]string `json:"headers,omitempty"`
	// Every is the time between reports, in nanoseconds; 0: 100 ms.
	Every time.Duration `json:"every,omitempty"`
}

const (
	shortest     = time.Millisecond // that a ticker takes and nobody waits for
	usualEvery   = 100 * time.Millisecond
	answerWithin = 5 * time.Second
)

// Check tells what is wrong with a plan.
func (p Plan) Check() error {
	switch {
	case p.Name == "":
		return errors.New("name: want one")
	case !strings.HasPrefix(p.Target, "xds:///") && !strings.HasPrefix(p.Target, "http://"):
		return fmt.Errorf("target %q: want xds:///host:port or http://address:port", p.Target)
	case p.Rate < 1:
		return fmt.Errorf("rate %d: want at least 1 call a second", p.Rate)
	case p.Every < 0:
		return errors.New("every: want a time of at least 0")
	}
	return nil
}
