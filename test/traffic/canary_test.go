package traffic

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// routers are those that Traefik reads.
func routers() []Router { return []Router{Nginx(), HTTPRoute(), TraefikService()} }

// each runs a measurement for every router, one after the other: what runs beside a measurement is measured as well.
func each(t *testing.T, measure func(s *Shop)) {
	t.Helper()
	for _, router := range routers() {
		t.Run(router.Name, func(t *testing.T) {
			s := NewShop(t, lab, traefik, router)
			defer s.explain()
			measure(s)
		})
	}
}

func TestWholeCanary(t *testing.T) {
	each(t, func(s *Shop) {
		s.OpenCanary("")
		load := s.Load()
		s.Deliver(green)
		s.Rest(0)
		headers := s.sendHeaders()
		s.measure(load, "before the first share", 0)
		for _, share := range Shares {
			s.Promote("web")
			s.Rest(share)
			s.measure(load, fmt.Sprintf("canary, paused at %d %%", share), share)
		}
		headers.judge("header x-canary, 0 to 100 %")
		s.Promote("web")
		s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
		s.measure(load, "canary, promoted", 100)
		s.AwaitPods(4)
		s.whole(load, "a whole canary, first to last")
	})
}

// measure counts the share of version green once the proxy has followed, while nothing changes.
func (s *Shop) measure(load *Load, what string, percent int) {
	s.Helper()
	const requests = 1000
	load.AwaitShare(green, percent)
	got := load.Count(requests)
	share := &Share{Of: got.Requests, Got: got.Versions[green].Requests, Want: float64(percent) / 100, Exact: s.router.Exact}
	table.Add(Row{Proxy: byTraefik, Router: s.router.Name, What: what, Requests: got.Requests, Failed: got.Failed(), Share: share})
	if got.Failed() > 0 {
		s.Errorf("%s: %d of %d requests failed: %v", what, got.Failed(), got.Requests, got.Failures)
	}
	if least, most := share.Accepted(); share.Got < least || share.Got > most {
		s.Errorf("%s: %d of %d requests reached the canary, want %d to %d", what, share.Got, share.Of, least, most)
	}
}

// whole ends a load in which nothing may be lost. It is a row of its own unless it has no name.
func (s *Shop) whole(load *Load, what string) Report {
	s.Helper()
	all := load.End()
	if what != "" {
		table.Add(Row{Proxy: byTraefik, Router: s.router.Name, What: what, Requests: all.Requests, Failed: all.Failed()})
	}
	if all.Failed() > 0 {
		s.Errorf("%s: %d of %d requests failed: %v\n%s", what, all.Failed(), all.Requests, all.Failures, s.Story(load))
	}
	return all
}

// headers is a load whose requests all belong to the canary.
type headers struct {
	*Shop

	load *Load
}

// sendHeaders sends requests with the header; nil if the router knows none.
func (s *Shop) sendHeaders() *headers {
	s.Helper()
	if !s.router.Headers {
		return nil
	}
	plan := Plan{Host: s.place("", "").Host, Rate: rate / 5, Through: s.proxy.Address, Headers: map[string]string{"x-canary": "true"}}
	s.awaitWay(plan, green)
	return &headers{s, Send(s.T, s.Lab, plan)}
}

func (h *headers) judge(what string) {
	if h == nil {
		return
	}
	h.Helper()
	all := h.load.End()
	table.Add(Row{
		Proxy: byTraefik, Router: h.router.Name, What: what, Requests: all.Requests, Failed: all.Failed(),
		Share: &Share{Of: all.Requests, Got: all.Versions[green].Requests, Want: 1},
	})
	if versions := slices.Sorted(maps.Keys(all.Versions)); !slices.Equal(versions, []string{green}) || all.Failed() > 0 {
		h.Errorf("%s: answered by %q, %d failed: %v\n%s", what, versions, all.Failed(), all.Failures, h.Story(h.load))
	}
}
