package traffic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// TestAborts takes the canary back at each of its shares, as often as a median needs, and compares that with the same change by hand.
func TestAborts(t *testing.T) {
	const rounds = 5
	each(t, func(s *Shop) {
		s.OpenCanary("")
		load := s.Load()
		s.Deliver(green)
		all := &Lag{}
		rows := map[int]*Row{}
		for _, share := range shares {
			rows[share] = &Row{Proxy: byTraefik, Router: s.router.Name, What: fmt.Sprintf("abort at %d %%", share), Lag: &Lag{}}
		}
		for range rounds {
			for _, share := range shares {
				s.Go(share)
				load.AwaitShare(green, share)
				s.abort(load, rows[share])
				s.Retry("web")
			}
		}
		s.Go(50)
		total := s.whole(load, "")
		all.ByHand = s.byHand(rounds * len(shares))
		for _, share := range shares {
			table.Add(*rows[share])
			all.Ordered = append(all.Ordered, rows[share].Lag.Ordered...)
			all.Control = append(all.Control, rows[share].Lag.Control...)
		}
		table.Add(Row{Proxy: byTraefik, Router: s.router.Name, What: "all aborts, and the ways there", Requests: total.Requests, Failed: total.Failed(), Lag: all})
		s.judge(all)
	})
}

// abort notes how long the canary goes on answering.
func (s *Shop) abort(load *Load, row *Row) {
	s.Helper()
	sent := time.Now()
	s.Abort("web")
	answered := time.Now()
	last := load.AwaitSilence(green)
	row.Lag.Ordered = append(row.Lag.Ordered, max(last.Sub(sent), 0))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
	// It may have heard of the order before the test had the answer.
	row.Lag.Control = append(row.Lag.Control, max(s.wrote(sent).Sub(answered), 0))
	meanwhile := load.Between(sent, time.Time{})
	row.Requests, row.Failed = row.Requests+meanwhile.Requests, row.Failed+meanwhile.Failed()
}

// wrote is when the API server had answered the controller's first write of shares after a moment.
func (s *Shop) wrote(after time.Time) time.Time {
	s.Helper()
	requests, err := lab.Requests(shared.User)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range requests {
		if r.Writes() && r.Object.Namespace == s.Namespace && r.Object.Resource == s.router.Written && r.Answered.After(after) {
			return r.Answered
		}
	}
	s.Fatalf("the controller has written no %s after the abort", s.router.Written)
	return time.Time{}
}

// byHand divides another host between the same pods. The Services are others, for an Ingress with nginx's annotations divides every host that leads to the same Service.
func (s *Shop) byHand(times int) []time.Duration {
	s.Helper()
	place := Place{Name: "hand", Host: "hand." + s.Namespace + ".example", First: "hand-first", Second: "hand-second"}
	for service, twin := range map[string]string{place.First: "web-stable", place.Second: "web-canary"} {
		s.CreateYAML(pinned(service, s.Hash(twin)))
	}
	s.createAll(s.router.ByHand(place)...)
	return s.turns(place, times, func(gets string) time.Time {
		return s.Apply(s.router.Turn(place, map[string]int{blue: 0, green: 100}[gets]))
	})
}

// turns sends as many requests as a Rollout gets to a place where one version answers, gives everything to the other by turns, and measures
// how long the one that loses goes on answering.
func (s *Shop) turns(place Place, times int, give func(gets string) time.Time) []time.Duration {
	s.Helper()
	s.awaitRoute(place.Host)
	load := Send(s.T, s.lab, Plan{Host: place.Host, Rate: rate, Through: s.proxy.Address})
	loses, gets := blue, green
	var lags []time.Duration
	for range times {
		load.AwaitAnswer(loses)
		given := give(gets)
		load.AwaitAnswer(gets)
		lags = append(lags, max(load.AwaitSilence(loses).Sub(given), 0))
		loses, gets = gets, loses
	}
	s.whole(load, "")
	return lags
}

// pinned is a Service of the pods of one hash.
func pinned(name, hash string) string {
	return strings.Replace(service(name), "{app: web}", "{app: web, "+v1alpha1.DefaultRolloutUniqueLabelKey+": "+hash+"}", 1)
}

// judge demands what is generous on a busy machine: the table has the figures. The controller's part is to be 50 ms, and is compared with
// what the machine takes for anything: the median that the proxy needs for a change by hand.
func (s *Shop) judge(lag *Lag) {
	s.Helper()
	const allowed = 50 * time.Millisecond
	s.Logf("control %v; ordered %v; by hand %v", lag.Control, lag.Ordered, lag.ByHand)
	if most, got := max(allowed, 2*Quantile(lag.ByHand, 0.5)), Quantile(lag.Control, 0.99); got > most {
		s.Errorf("the controller took up to %s to write an abort's shares, want at most %s", got, most)
	}
	if most, got := Quantile(lag.ByHand, 1)+4*allowed, Quantile(lag.Ordered, 0.5); got > most {
		s.Errorf("half of the aborts took %s or more, the slowest change by hand and some time for control %s", got, most)
	}
}
