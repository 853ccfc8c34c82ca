package mesh

import (
	"time"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Aborts takes the canary back at each of its shares, so many rounds as a median needs, and compares that with the same change by hand. Calls
// with the header are sent all the while: they may be answered by either version, but answered they must be.
func (s *Shop) Aborts(rounds int) {
	s.Helper()
	defer s.explain()
	s.OpenCanary("")
	load, headers := s.Load(), s.headers()
	s.Deliver(green, 0)
	lag := &traffic.Lag{}
	for range rounds {
		for _, share := range traffic.Shares {
			s.Go(share)
			load.AwaitAnswer(green)
			s.abort(load, lag)
			s.Retry("web")
		}
	}
	s.Go(50)
	all := s.whole(load, "")
	s.whole(headers, "header x-canary, during the aborts")
	lag.ByHand = s.dividedByHand(len(traffic.Shares) * rounds)
	s.add(traffic.Row{What: "aborts at 10, 50, 90 and 100 %", Requests: all.Calls(), Failed: all.Failed(), Lag: lag})
	s.Judge(lag)
}

// abort notes how long the canary goes on answering.
func (s *Shop) abort(load *Load, lag *traffic.Lag) {
	s.Helper()
	sent := time.Now()
	s.Abort("web")
	answered := time.Now()
	lag.Ordered = append(lag.Ordered, max(load.AwaitSilence(green).Sub(sent), 0))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
	// It may have heard of the order before the test had the answer.
	lag.Control = append(lag.Control, max(s.Wrote(s.bench.Controller, routes.Resource, sent).Sub(answered), 0))
}

// dividedByHand divides another host between the same pods, and measures what istiod and the clients need for themselves.
func (s *Shop) dividedByHand(times int) []time.Duration {
	s.Helper()
	stable, canary := s.Hashes()
	place := Place{Host: "hand", Gateways: s.way.Gateways, Pinned: s.way.Pinned, Stable: stable, Canary: canary}
	s.CreateYAML(s.service(place.Host))
	s.CreateAll(s.router.Objects(place)...)
	return s.turns(times, func(gets string) time.Time {
		place.Share = map[string]int{blue: 0, green: 100}[gets]
		texts := s.router.Objects(place)
		return s.Give(traffic.Turn{Resource: routes, Name: place.Host, Patch: map[string]any{"spec": s.read(texts[len(texts)-1])["spec"]}})
	})
}

func (s *Shop) read(text string) map[string]any {
	s.Helper()
	object := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		s.Fatal(err)
	}
	return object
}

// turns sends as many calls as a Rollout gets to the Service hand, where blue answers, gives everything to the other version by turns, and
// measures how long the one that loses goes on answering.
func (s *Shop) turns(times int, give func(gets string) time.Time) []time.Duration {
	s.Helper()
	load := s.send(s.plan("hand"))
	load.AwaitSilence(green) // a proxy may hear of the Service before it hears of its route
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
