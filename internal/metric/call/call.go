package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
)

// maxText is how many bytes of a value are stored; conditions see all of it.
const maxText = 4 << 10

// Question is what a backend is asked over a line.
type Question func(ctx context.Context, line *Line) (metric.Measurement, error)

// Line is the way to one backend for the time of one question.
type Line struct {
	// Client sends with the credentials of the target; for client libraries.
	Client *http.Client
	// Address of the backend.
	Address *url.URL

	target Target
	hidden *hidden
	wire   *wire
}

// Ask puts one question. It ends within the target's time; an error is one line that says backend, address and what came back.
// Secrets are taken out of the error and of everything that is stored. What a question tells about itself stays beside an error.
func (p *Pool) Ask(ctx context.Context, t Target, question Question) (metric.Measurement, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, t.Timeout, errTooLate)
	defer cancel()
	line, err := p.open(bounded, t)
	if err != nil {
		return metric.Measurement{}, err
	}
	m, err := question(bounded, line)
	if err != nil {
		return line.clean(metric.Measurement{About: m.About}), line.failure(bounded, err)
	}
	return line.clean(m), nil
}

func (p *Pool) open(ctx context.Context, t Target) (*Line, error) {
	address, err := t.parsed()
	if err != nil {
		return nil, err
	}
	h := &hidden{}
	h.add(t.Secrets...)
	h.add(t.OAuth2.ClientSecret)
	h.learnURL(address)
	w := &wire{next: p.checked, hidden: h}
	if t.Insecure {
		w.next = p.unchecked
	}
	client, err := t.client(ctx, w)
	if err != nil {
		return nil, err
	}
	return &Line{Client: client, Address: address, target: t, hidden: h, wire: w}, nil
}

// clean takes the secrets out of what is stored and judged, and bounds what is stored.
func (l *Line) clean(m metric.Measurement) metric.Measurement {
	m.Value = l.hidden.value(m.Value)
	if !numeric(m.Value) {
		m.Text = l.hidden.text(m.Text)
	}
	m.Text = cut(m.Text, maxText)
	m.Message = l.hidden.text(m.Message)
	m.Metadata = l.hidden.strings(m.Metadata)
	m.About = l.hidden.strings(m.About)
	return m
}

// numeric tells values that cannot hold a secret; a tenant's number in a header must not mask an equal measurement.
func numeric(v any) bool {
	switch v.(type) {
	case float64, []float64:
		return true
	}
	return false
}

// Get asks for path below the address and decodes the JSON answer.
func (l *Line) Get(ctx context.Context, path string, query url.Values, answer any) error {
	return l.exchange(ctx, http.MethodGet, l.below(path, query), nil, answer)
}

// Post sends body as JSON to path below the address and decodes the JSON answer.
func (l *Line) Post(ctx context.Context, path string, query url.Values, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding the question: %w", err)
	}
	return l.exchange(ctx, http.MethodPost, l.below(path, query), bytes.NewReader(raw), answer)
}

// Send returns the body of a 2xx answer; any other answer is an error.
func (l *Line) Send(req *http.Request) ([]byte, error) {
	res, err := l.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read whole by the wire
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, errRefused
	}
	return io.ReadAll(res.Body)
}

func (l *Line) exchange(ctx context.Context, method, address string, body io.Reader, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return errors.New("the address and the query make no URL")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	raw, err := l.Send(req)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("the answer is not the JSON that was expected: %w", err)
	}
	return nil
}

// below is the URL of path under the address.
func (l *Line) below(path string, query url.Values) string {
	u := l.Address.JoinPath(path)
	if len(query) > 0 {
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// AtOnce is for backends whose answer never is still to come: there is nothing to stop.
type AtOnce struct{}

// Stop settles a measurement that was left Running when the controller ended.
func (AtOnce) Stop(_ context.Context, _ metric.Query, m metric.Measurement) (metric.Measurement, error) {
	if m.Phase == v1alpha1.AnalysisPhaseRunning {
		m.Phase, m.ResumeAt = v1alpha1.AnalysisPhaseInconclusive, time.Time{}
	}
	return m, nil
}

// cut is s, no longer than limit bytes, with a sign that there was more.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for !utf8.ValidString(s) && s != "" {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s) + "…"
}
