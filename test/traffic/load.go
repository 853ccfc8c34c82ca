package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/test/e2e"
)

// patience is how long a test waits for anything.
const patience = time.Minute

// Plan is requests at a constant rate, until they are ended.
type Plan struct {
	// Name is made up by Send.
	Name string `json:"name"`
	Host string `json:"host"`
	Rate int    `json:"rate"` // a second
	// Through is the address and port of the proxy.
	Through string            `json:"through"`
	Headers map[string]string `json:"headers,omitempty"`
	Every   time.Duration     `json:"every"`
}

// Report is what was answered since the one before, or in all when it is Done.
type Report struct {
	At       time.Time       `json:"at"`
	Done     bool            `json:"done"`
	Requests int             `json:"requests"`
	Errors   int             `json:"errors"` // no answer, or a status of 500 and above
	Versions map[string]Sent `json:"versions"`
	Failures map[string]int  `json:"failures"` // the errors by status, or by what kept the answer away
}

// Sent is what one version answered. Requests that reached no version are those of the empty one.
type Sent struct {
	Requests int       `json:"requests"`
	Errors   int       `json:"errors"`
	Last     time.Time `json:"last"` // when the last of them reached a pod
}

// Load is a Plan that the lab carries out.
type Load struct {
	t     *testing.T
	lab   *e2e.Lab
	name  string
	ended chan struct{}

	mutex   sync.Mutex
	reports []Report
	done    Report
	more    chan struct{} // closed when the next report arrives
}

// slice is the time between two reports.
const slice = 100 * time.Millisecond

// names are told apart by a number.
var names struct {
	mutex sync.Mutex
	last  int
}

// Send begins to carry a Plan out. It ends with the test at the latest.
func Send(t *testing.T, lab *e2e.Lab, plan Plan) *Load {
	t.Helper()
	names.mutex.Lock()
	names.last++
	plan.Name, plan.Every = fmt.Sprintf("load-%d", names.last), slice
	names.mutex.Unlock()
	answer, err := command(t.Context(), lab, plan, "load")
	if err != nil {
		t.Fatalf("sending requests to %s: %v", plan.Host, err)
	}
	l := &Load{t: t, lab: lab, name: plan.Name, ended: make(chan struct{}), more: make(chan struct{})}
	go l.follow(answer)
	t.Cleanup(func() { <-l.ended }) // the context of the test ends before
	return l
}

func (l *Load) follow(stream io.ReadCloser) {
	defer close(l.ended)
	defer func() { _ = stream.Close() }()
	for reports := json.NewDecoder(stream); ; {
		var r Report
		err := reports.Decode(&r)
		if err != nil && l.t.Context().Err() == nil {
			l.t.Errorf("the lab no longer sends requests: %v", err)
		}
		if err != nil || l.note(r) {
			return
		}
	}
}

// note keeps a report and tells whether it is the last.
func (l *Load) note(r Report) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if r.Done {
		l.done = r
	} else {
		l.reports = append(l.reports, r)
	}
	close(l.more)
	l.more = make(chan struct{})
	return r.Done
}

// End sends no more and returns the totals once every request has its answer, or has none for good.
func (l *Load) End() Report {
	l.t.Helper()
	answer, err := command(l.t.Context(), l.lab, nil, "load", l.name, "end")
	if err != nil {
		l.t.Fatalf("ending the load: %v", err)
	}
	_ = answer.Close()
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.t.Fatal("waiting for the last answers: they did not come")
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.done
}

// await waits for reports until something holds of them, the oldest first.
func (l *Load) await(what string, holds func([]Report) bool) {
	l.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		l.mutex.Lock()
		reports, more := l.reports, l.more
		l.mutex.Unlock()
		if holds(reports) {
			return
		}
		select {
		case <-more:
		case <-l.ended:
			l.t.Fatalf("waiting for %s: the load has ended", what)
		case <-late.C:
			l.t.Fatalf("waiting for %s: it did not come; of late %s", what, tail(reports))
		}
	}
}

// tail tells the last reports for a test that fails.
func tail(reports []Report) string {
	var words []string
	for _, r := range reports[max(0, len(reports)-5):] {
		words = append(words, fmt.Sprintf("%d requests %v %v", r.Requests, slices.Sorted(maps.Keys(r.Versions)), r.Failures))
	}
	return strings.Join(words, "; ")
}

// settling is how long a proxy may take to follow: some 0.3 s when the machine is idle, a second when it is busy.
const settling = 1200 * time.Millisecond

// Settle gives the proxy time to follow where no share tells that it has.
func (l *Load) Settle() {
	l.t.Helper()
	from := time.Now().Add(settling)
	l.await("the proxy to follow", func(reports []Report) bool {
		return len(reports) > 0 && reports[len(reports)-1].At.After(from)
	})
}

// Count counts at least so many requests, all of them sent from now on.
func (l *Load) Count(requests int) Report {
	l.t.Helper()
	from := time.Now().Add(slice)
	sum := Report{}
	l.await(fmt.Sprintf("%d requests", requests), func(reports []Report) bool {
		sum = Sum(reports, from, time.Time{})
		return sum.Requests >= requests
	})
	return sum
}

// Sum adds up the reports that came between two moments; the second one may be zero for no end.
func Sum(reports []Report, from, to time.Time) Report {
	sum := Report{Versions: map[string]Sent{}, Failures: map[string]int{}}
	for _, r := range reports {
		if r.At.Before(from) || !to.IsZero() && r.At.After(to) {
			continue
		}
		sum.At = r.At
		sum.Requests += r.Requests
		sum.Errors += r.Errors
		for version, sent := range r.Versions {
			all := sum.Versions[version]
			all.Requests, all.Errors = all.Requests+sent.Requests, all.Errors+sent.Errors
			if sent.Last.After(all.Last) {
				all.Last = sent.Last
			}
			sum.Versions[version] = all
		}
		for failure, count := range r.Failures {
			sum.Failures[failure] += count
		}
	}
	return sum
}

// AwaitAnswer waits until a version has answered a request that came after this moment.
func (l *Load) AwaitAnswer(version string) {
	l.t.Helper()
	from := time.Now()
	l.await("an answer of "+version, func(reports []Report) bool {
		return Sum(reports, from, time.Time{}).Versions[version].Last.After(from)
	})
}

// AwaitShare waits until a version gets the share, in per cent, that was written: the proxy has followed.
func (l *Load) AwaitShare(version string, percent int) {
	l.t.Helper()
	const some, near = 4, 0.025
	from := time.Now()
	l.await(fmt.Sprintf("%s to get %d %%", version, percent), func(reports []Report) bool {
		last := Sum(reports[max(0, len(reports)-some):], from, time.Time{})
		got := float64(last.Versions[version].Requests) / float64(max(last.Requests, 1))
		return last.Requests > 0 && math.Abs(got-float64(percent)/100) <= near
	})
}

// silence is how long a version must not have answered to be taken for gone.
const silence = 5 * slice

// AwaitSilence waits until a version has not answered for a while, and returns when its last request reached a pod.
func (l *Load) AwaitSilence(version string) time.Time {
	l.t.Helper()
	from, last := time.Now(), time.Time{}
	l.await("no more answers of "+version, func(reports []Report) bool {
		if len(reports) == 0 {
			return false
		}
		last = Sum(reports, time.Time{}, time.Time{}).Versions[version].Last
		latest := reports[len(reports)-1].At
		return latest.Sub(from) > silence && latest.Sub(last) > silence
	})
	return last
}

// command has the lab do something, for as long as the caller listens if that takes its time.
func command(ctx context.Context, lab *e2e.Lab, body any, path ...string) (io.ReadCloser, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, lab.Control+"/"+strings.Join(path, "/"), bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		return nil, errors.Join(fmt.Errorf("the lab answered %s: %s", response.Status, said), response.Body.Close())
	}
	return response.Body, nil
}

// Failed counts the requests that were answered with an error, by no version or by nobody.
func (r Report) Failed() int {
	failed := 0
	for version, sent := range r.Versions {
		if version == "" {
			failed += sent.Requests
			continue
		}
		failed += sent.Errors
	}
	return failed
}

// Losses are the slices in which requests failed.
func (l *Load) Losses() []Report {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(l.reports), func(r Report) bool { return r.Failed() == 0 })
}

// Between adds up the reports that came between two moments.
func (l *Load) Between(from, to time.Time) Report {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return Sum(l.reports, from, to)
}
