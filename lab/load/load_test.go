package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/lab/serve"
)

// tripper answers every fourth request as blue with an error, the others as red.
type tripper struct{ count atomic.Int64 }

var received = time.Unix(1700000000, 5)

func (t *tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Host != "web.example.com" || r.URL.Path != "/x" || r.Header.Get("X-Canary") != "true" {
		return nil, errors.New("the request is not what was planned")
	}
	version, status := "red", http.StatusOK
	if t.count.Add(1)%4 == 0 {
		version, status = "blue", http.StatusInternalServerError
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Request: r, Header: http.Header{
		serve.VersionHeader:  {version},
		serve.ReceivedHeader: {strconv.FormatInt(received.UnixNano(), 10)},
	}}, nil
}

func TestRun(t *testing.T) {
	plan := Plan{
		Host: "web.example.com", Path: "/x", Rate: 200, Duration: 200 * time.Millisecond, Every: 50 * time.Millisecond,
		Headers: map[string]string{"X-Canary": "true"},
	}
	var reports []Report
	err := Run(context.Background(), plan, &tripper{}, func(r Report) error {
		reports = append(reports, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	last := reports[len(reports)-1]
	if !last.Done || last.Requests != 40 || last.Errors != 10 {
		t.Errorf("done %t, %d requests, %d errors; want true, 40, 10", last.Done, last.Requests, last.Errors)
	}
	want := map[string]Version{
		"red":  {Requests: 30, Share: 0.75, Last: received},
		"blue": {Requests: 10, Errors: 10, Share: 0.25, Last: received},
	}
	if diff := cmp.Diff(want, last.Versions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"500": 10}, last.Failures); diff != "" {
		t.Error(diff)
	}
}

func TestRunEndsWithItsReader(t *testing.T) {
	gone := errors.New("nobody reads any more")
	err := Run(context.Background(), Plan{Host: "web.example.com", Rate: 100, Every: time.Millisecond}, &tripper{}, func(Report) error { return gone })
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := false
	err := Run(ctx, Plan{Host: "web.example.com", Rate: 100, Every: 10 * time.Millisecond}, &tripper{}, func(r Report) error {
		cancel()
		done = r.Done
		return nil
	})
	if err != nil || !done {
		t.Errorf("error %v, last report done: %t", err, done)
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]Plan{
		"no host":           {Rate: 1},
		"no rate":           {Host: "x"},
		"negative duration": {Host: "x", Rate: 1, Duration: -1},
		"negative interval": {Host: "x", Rate: 1, Every: -1},
		"proxy by its name": {Host: "x", Rate: 1, Through: "traefik:80"},
	}
	for name, plan := range tests {
		if plan.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
