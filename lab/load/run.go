package load

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/kanari-dev/kanari/lab/serve"
)

// answerWithin is how long a request waits for its answer.
const answerWithin = 10 * time.Second

// Run carries a plan out and calls emit with a report at each interval and one more, Done, at the end. It ends with
// the plan, with ctx, or when emit returns an error, which it passes on.
func Run(ctx context.Context, p Plan, transport http.RoundTripper, emit func(Report) error) error {
	if err := p.Check(); err != nil {
		return err
	}
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: transport, Timeout: answerWithin}),
		vegeta.MaxBody(0),
	)
	target := vegeta.Target{Method: http.MethodGet, URL: "http://" + p.Host + "/" + strings.TrimPrefix(p.Path, "/"), Header: p.header()}
	results := attacker.Attack(vegeta.NewStaticTargeter(target), vegeta.Rate{Freq: p.Rate, Per: time.Second}, p.Duration, "lab")
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	defer func() {
		attacker.Stop()
		for range results { // let its workers end
		}
	}()
	return gather(p, results, emit)
}

func gather(p Plan, results <-chan *vegeta.Result, emit func(Report) error) error {
	began := time.Now()
	var all, lately tally
	tick := time.NewTicker(cmp.Or(p.Every, time.Second))
	defer tick.Stop()
	for {
		select {
		case r, more := <-results:
			if !more {
				done := all.report(time.Now(), began)
				done.Done = true
				return emit(done)
			}
			h := hitOf(r)
			all.add(h)
			lately.add(h)
		case now := <-tick.C:
			if err := emit(lately.report(now, began)); err != nil {
				return err
			}
			lately = tally{}
		}
	}
}

// failureOf says what is wrong with an answer; empty if nothing is.
func failureOf(r *vegeta.Result) string {
	switch {
	case r.Code == 0:
		return r.Error
	case r.Code >= http.StatusInternalServerError:
		return strconv.Itoa(int(r.Code))
	}
	return ""
}

func hitOf(r *vegeta.Result) hit {
	h := hit{
		version: r.Headers.Get(serve.VersionHeader), at: r.Timestamp, latency: r.Latency, failure: failureOf(r),
	}
	if nanos, err := strconv.ParseInt(r.Headers.Get(serve.ReceivedHeader), 10, 64); err == nil {
		h.at = time.Unix(0, nanos)
	}
	return h
}
