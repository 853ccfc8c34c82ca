package mesh

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/test/e2e"
)

// patience is how long a test waits for anything.
const patience = 90 * time.Second

// Plan is calls at a constant rate, as a calling pod takes it.
type Plan struct {
	// Name is made up by Send.
	Name    string            `json:"name"`
	Target  string            `json:"target"`
	Host    string            `json:"host,omitempty"`
	HTTP2   bool              `json:"http2,omitempty"`
	Rate    int               `json:"rate"` // a second
	Headers map[string]string `json:"headers,omitempty"`
	Every   time.Duration     `json:"every,omitempty"`
}

// Report is what came back since the one before.
type Report struct {
	At       time.Time        `json:"at"`
	Done     bool             `json:"done"` // nothing is under way any more
	Versions map[string]Count `json:"versions"`
	Errors   map[string]int   `json:"errors"` // failed calls by what was said
}

// Count is what one version answered well.
type Count struct {
	Calls   int           `json:"calls"`
	Last    int64         `json:"last"` // when the last of them reached a pod, in nanoseconds since 1970
	Slowest time.Duration `json:"slowest"`
}

// Failed counts calls that were answered with an error, or by nobody.
func (r Report) Failed() int {
	failed := 0
	for _, count := range r.Errors {
		failed += count
	}
	return failed
}

// Calls counts all that came back, well or not.
func (r Report) Calls() int {
	all := r.Failed()
	for _, count := range r.Versions {
		all += count.Calls
	}
	return all
}

// last is when a version was last reached.
func (r Report) last(version string) time.Time { return time.Unix(0, r.Versions[version].Last) }

// Sum adds up the reports that came between two moments; the second one may be zero for no end.
func Sum(reports []Report, from, to time.Time) Report {
	sum := Report{Versions: map[string]Count{}, Errors: map[string]int{}}
	for _, r := range reports {
		if r.At.Before(from) || !to.IsZero() && r.At.After(to) {
			continue
		}
		for version, count := range r.Versions {
			all := sum.Versions[version]
			sum.Versions[version] = Count{Calls: all.Calls + count.Calls, Last: max(all.Last, count.Last), Slowest: max(all.Slowest, count.Slowest)}
		}
		for text, count := range r.Errors {
			sum.Errors[text] += count
		}
	}
	return sum
}

// Load is a Plan that a pod carries out.
type Load struct {
	t     *testing.T
	calls string // URL of the pod's orders
	name  string
	way   *http.Client
	ended chan struct{}

	mutex   sync.Mutex
	reports []Report
	more    chan struct{} // closed when the next report arrives
}

// slice is the time between two reports.
const slice = 100 * time.Millisecond

// plans are told apart by a number.
var plans atomic.Int64

// Send has a pod, by its address and port, begin to carry a Plan out, and returns when the first call was answered. It ends with the test
// at the latest.
func Send(t *testing.T, lab *e2e.Lab, pod string, plan Plan) *Load {
	t.Helper()
	gateway, err := url.Parse(lab.Gateway)
	if err != nil {
		t.Fatal(err)
	}
	plan.Name, plan.Every = fmt.Sprintf("plan-%d", plans.Add(1)), slice
	l := &Load{t: t, calls: "http://" + pod + "/calls", name: plan.Name, ended: make(chan struct{}), more: make(chan struct{})}
	l.way = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(gateway), DisableKeepAlives: true}} // the gateway is the way in
	stream, err := l.order("", plan)
	if err != nil {
		t.Fatalf("calling %s: %v", plan.Target, err)
	}
	go l.follow(stream)
	t.Cleanup(func() { <-l.ended }) // the context of the test ends before
	l.await("a first answer of "+plan.Target, func(reports []Report) bool { return Sum(reports, time.Time{}, time.Time{}).Calls() > 0 })
	return l
}

// order posts something to the pod.
func (l *Load) order(path string, body any) (io.ReadCloser, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.calls+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := l.way.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		return nil, errors.Join(fmt.Errorf("the pod answered %s: %s", response.Status, said), response.Body.Close())
	}
	return response.Body, nil
}

func (l *Load) follow(stream io.ReadCloser) {
	defer close(l.ended)
	defer func() { _ = stream.Close() }()
	for reports := json.NewDecoder(stream); ; {
		var r Report
		err := reports.Decode(&r)
		if err != nil && l.t.Context().Err() == nil {
			l.t.Errorf("the pod no longer calls: %v", err)
		}
		if err != nil {
			return
		}
		l.mutex.Lock()
		l.reports = append(l.reports, r)
		close(l.more)
		l.more = make(chan struct{})
		l.mutex.Unlock()
		if r.Done {
			return
		}
	}
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
		words = append(words, fmt.Sprintf("%d calls %v %v", r.Calls(), slices.Sorted(maps.Keys(r.Versions)), r.Errors))
	}
	return strings.Join(words, "; ")
}

// settling is how long clients may take to follow: istiod waits for 0.1 s after a change before it tells them.
const settling = 800 * time.Millisecond

// Count gives clients time to follow what was written before, and then counts at least so many calls.
func (l *Load) Count(calls int) Report {
	l.t.Helper()
	from := time.Now().Add(settling + slice)
	sum := Report{}
	l.await(fmt.Sprintf("%d calls", calls), func(reports []Report) bool {
		sum = Sum(reports, from, time.Time{})
		return sum.Calls() >= calls
	})
	return sum
}

// AwaitAnswer waits until a version has answered a call that came after this moment.
func (l *Load) AwaitAnswer(version string) {
	l.t.Helper()
	from := time.Now()
	l.await("an answer of "+version, func(reports []Report) bool { return Sum(reports, from, time.Time{}).last(version).After(from) })
}

// silence is how long a version must not have answered to be taken for gone.
const silence = 5 * slice

// AwaitSilence waits until a version has not answered for a while, and returns when its last call reached a pod.
func (l *Load) AwaitSilence(version string) time.Time {
	l.t.Helper()
	from, last := time.Now(), time.Time{}
	l.await("no more answers of "+version, func(reports []Report) bool {
		if len(reports) == 0 {
			return false
		}
		last = Sum(reports, time.Time{}, time.Time{}).last(version)
		latest := reports[len(reports)-1].At
		return latest.Sub(from) > silence && latest.Sub(last) > silence
	})
	return last
}

// End begins no more calls and returns the totals once every call has come back.
func (l *Load) End() Report {
	l.t.Helper()
	answer, err := l.order("/"+l.name+"/end", nil)
	if err != nil {
		l.t.Fatalf("ending the load: %v", err)
	}
	_ = answer.Close()
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.t.Fatal("waiting for the last answers: they did not come")
	}
	return l.Between(time.Time{}, time.Time{})
}

// Between adds up the reports that came between two moments.
func (l *Load) Between(from, to time.Time) Report {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return Sum(l.reports, from, to)
}

// Losses are the slices in which calls failed.
func (l *Load) Losses() []Report {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(l.reports), func(r Report) bool { return r.Failed() == 0 })
}
