package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Plan is requests at a constant rate, whatever comes back.
type Plan struct {
	Host string `json:"host"`
	Rate int    `json:"rate"` // a second
	// Duration is how long they are sent; 0: until the test ends.
	Duration time.Duration `json:"duration,omitempty"`
	// Every is the time between reports; 0: a second.
	Every time.Duration `json:"every,omitempty"`
}

// Report is what was answered since the one before, or in all when it is Done.
type Report struct {
	At       time.Time       `json:"at"`
	Done     bool            `json:"done"`
	Versions map[string]Sent `json:"versions"`
}

// Sent counts what one version answered.
type Sent struct {
	Requests int `json:"requests"`
	Errors   int `json:"errors"`
}

// Traffic is a plan that is carried out by the lab, through its gateway.
type Traffic struct {
	scene *Scene
	ended chan struct{}

	mutex   sync.Mutex
	reports []Report
	more    chan struct{} // closed when the next report arrives
}

// Send begins to carry a plan out. It ends with the test at the latest.
func (s *Scene) Send(plan Plan) *Traffic {
	s.Helper()
	answer, err := lab.command(s.Context(), "load", s.json(plan))
	if err != nil {
		s.Fatalf("sending requests to %s: %v", plan.Host, err)
	}
	traffic := &Traffic{scene: s, ended: make(chan struct{}), more: make(chan struct{})}
	go traffic.follow(answer)
	s.Cleanup(func() { <-traffic.ended }) // the context of the test ends before
	return traffic
}

func (tr *Traffic) follow(stream io.ReadCloser) {
	defer close(tr.ended)
	defer func() { _ = stream.Close() }()
	for reports := json.NewDecoder(stream); ; {
		var r Report
		err := reports.Decode(&r)
		if err != nil && tr.scene.Context().Err() == nil {
			tr.scene.Errorf("the lab no longer sends requests: %v", err)
		}
		if err != nil {
			return
		}
		tr.note(r)
		if r.Done {
			return
		}
	}
}

// note keeps a report; of the totals what no report has told before.
func (tr *Traffic) note(r Report) {
	if r.Done {
		for version, sent := range r.Versions {
			told := tr.Since(version, time.Time{})
			r.Versions[version] = Sent{Requests: sent.Requests - told.Requests, Errors: sent.Errors - told.Errors}
		}
	}
	tr.mutex.Lock()
	defer tr.mutex.Unlock()
	tr.reports = append(tr.reports, r)
	close(tr.more)
	tr.more = make(chan struct{})
}

// AwaitAnswer waits until a version has answered after this very moment.
func (tr *Traffic) AwaitAnswer(version string) {
	tr.scene.Helper()
	moment, late := time.Now(), time.After(patience)
	for {
		tr.mutex.Lock()
		more := tr.more
		tr.mutex.Unlock()
		if tr.Since(version, moment).Requests > 0 {
			return
		}
		select {
		case <-more:
		case <-late:
			tr.scene.Fatalf("waiting for an answer of %q: it did not come", version)
		}
	}
}

// Lost counts the requests that were answered with an error, or by nobody.
func (tr *Traffic) Lost() int {
	tr.mutex.Lock()
	defer tr.mutex.Unlock()
	lost := 0
	for _, r := range tr.reports {
		for _, sent := range r.Versions {
			lost += sent.Errors
		}
	}
	return lost
}

// AwaitEnd waits until a plan with a duration is over, and returns when it was.
func (tr *Traffic) AwaitEnd() time.Time {
	tr.scene.Helper()
	await(tr.scene.T, "the last of the requests", tr.ended)
	tr.mutex.Lock()
	defer tr.mutex.Unlock()
	if len(tr.reports) == 0 {
		tr.scene.Fatal("the lab told nothing of the requests")
	}
	return tr.reports[len(tr.reports)-1].At
}

// Since counts what a version answered after a moment, to the length of a report.
func (tr *Traffic) Since(version string, moment time.Time) Sent {
	tr.mutex.Lock()
	defer tr.mutex.Unlock()
	var sum Sent
	for _, r := range slices.Backward(tr.reports) {
		if !r.At.After(moment) {
			break
		}
		sum.Requests += r.Versions[version].Requests
		sum.Errors += r.Versions[version].Errors
	}
	return sum
}

// Fail lets the servers of an image answer a share of the requests, 0 to 1, with an error, until the test ends. Images are the whole lab's.
func (s *Scene) Fail(image string, share float64) {
	s.Helper()
	set := func(ctx context.Context, share float64) error {
		answer, err := lab.command(ctx, "versions", s.json(map[string]any{"image": image, "errorRate": share}))
		if err != nil {
			return err
		}
		return answer.Close()
	}
	if err := set(s.Context(), share); err != nil {
		s.Fatalf("setting the errors of %s: %v", image, err)
	}
	s.Cleanup(func() {
		if err := set(context.Background(), 0); err != nil {
			s.Errorf("ending the errors of %s: %v", image, err)
		}
	})
}

// command has the lab do something, for as long as the caller listens if that takes its time.
func (l *Lab) command(ctx context.Context, name string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Control+"/"+name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("the lab answered %s", response.Status), response.Body.Close())
	}
	return response.Body, nil
}
