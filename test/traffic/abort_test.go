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
	each(t, func(s *Shop) {
		s.OpenCanary("")
		load := s.Load()
		s.Deliver(green)
		all := &Lag{}
		rows := map[int]*Row{}
		for _, share := range Shares {
			rows[share] = &Row{Proxy: byTraefik, Router: s.router.Name, What: fmt.Sprintf("abort at %d %%", share), Lag: &Lag{}}
		}
		for range *rounds {
			for _, share := range Shares {
				s.Go(share)
				load.AwaitShare(green, share)
				s.abort(load, rows[share])
				s.Retry("web")
			}
		}
		s.Go(50)
		total := s.whole(load, "")
		all.ByHand = s.byHand(*rounds * len(Shares))
		for _, share := range Shares {
			table.Add(*rows[share])
			all.Ordered = append(all.Ordered, rows[share].Lag.Ordered...)
			all.Control = append(all.Control, rows[share].Lag.Control...)
		}
		table.Add(Row{Proxy: byTraefik, Router: s.router.Name, What: "all aborts, and the ways there", Requests: total.Requests, Failed: total.Failed(), Lag: all})
		s.Judge(all)
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
	row.Lag.Control = append(row.Lag.Control, max(s.Wrote(shared, s.router.Written, sent).Sub(answered), 0))
	meanwhile := load.Between(sent, time.Time{})
	row.Requests, row.Failed = row.Requests+meanwhile.Requests, row.Failed+meanwhile.Failed()
}

// byHand divides another host between the same pods. The Services are others, for an Ingress with nginx's annotations divides every host that leads to the same Service.
func (s *Shop) byHand(times int) []time.Duration {
	s.Helper()
	place := Place{Name: "hand", Host: "hand." + s.Namespace + ".example", First: "hand-first", Second: "hand-second"}
	for service, twin := range map[string]string{place.First: "web-stable", place.Second: "web-canary"} {
		s.CreateYAML(pinned(service, s.Hash(twin)))
	}
	s.CreateAll(s.router.ByHand(place)...)
	return s.turns(place, times, func(gets string) time.Time {
		return s.Give(s.router.Turn(place, map[string]int{blue: 0, green: 100}[gets]))
	})
}

// turns sends as many requests as a Rollout gets to a place where one version answers, gives everything to the other by turns, and measures
// how long the one that loses goes on answering.
func (s *Shop) turns(place Place, times int, give func(gets string) time.Time) []time.Duration {
	s.Helper()
	s.awaitRoute(place.Host)
	load := Send(s.T, s.Lab, Plan{Host: place.Host, Rate: rate, Through: s.proxy.Address})
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
