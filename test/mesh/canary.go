package mesh

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/traffic"
)

// WholeCanary measures one from the first step to the promotion.
func (s *Shop) WholeCanary() {
	s.Helper()
	defer s.explain()
	s.OpenCanary("")
	load := s.Load()
	s.Deliver(green, 0)
	s.Rest(0)
	s.measure(load, "before the first share", 0)
	headers := s.headers()
	headers.AwaitAnswer(green)
	for _, share := range traffic.Shares {
		s.Promote("web")
		s.Rest(share)
		s.measure(load, fmt.Sprintf("canary, paused at %d %%", share), share)
	}
	s.onlyCanary(headers, "header x-canary, 10 to 100 %")
	s.Promote("web")
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.measure(load, "canary, promoted", 100)
	s.AwaitPods(4)
	s.whole(load, "a whole canary, first to last")
	s.trustProxy()
}

// measure counts the share of version green while nothing changes. One measurement in a thousand is out of its bound by chance, and a run has
// some fifty: so one that is out of it is made once more, with more calls, and that counts. Both are in the table.
func (s *Shop) measure(load *Load, what string, percent int) {
	s.Helper()
	if s.within(load, what, percent, 1000) {
		return
	}
	s.Logf("%s: out of the bound, so it is measured once more", what)
	if !s.within(load, what+", once more", percent, 4000) {
		s.Errorf("%s: the share is out of its bound twice; see the table", what)
	}
}

// within measures with so many calls.
func (s *Shop) within(load *Load, what string, percent, calls int) bool {
	s.Helper()
	got := load.Count(calls)
	share := &traffic.Share{Of: got.Calls(), Got: got.Versions[green].Calls, Want: float64(percent) / 100}
	s.add(traffic.Row{What: what, Requests: got.Calls(), Failed: got.Failed(), Share: share})
	if got.Failed() > 0 {
		s.Errorf("%s: calls failed: %v", what, got.Errors)
	}
	least, most := traffic.Bound(share.Of, share.Want)
	return least <= share.Got && share.Got <= most
}

// onlyCanary ends a load whose calls all belong to the canary.
func (s *Shop) onlyCanary(load *Load, what string) {
	s.Helper()
	all := load.End()
	share := &traffic.Share{Of: all.Calls(), Got: all.Versions[green].Calls, Want: 1}
	s.add(traffic.Row{What: what, Requests: all.Calls(), Failed: all.Failed(), Share: share})
	if versions := slices.Sorted(maps.Keys(all.Versions)); !slices.Equal(versions, []string{green}) || all.Failed() > 0 {
		s.Errorf("%s: answered by %q, failed %v\n%s", what, versions, all.Errors, s.Story(load))
	}
}

// whole ends a load in which nothing may be lost. It is a row of its own unless it has no name.
func (s *Shop) whole(load *Load, what string) Report {
	s.Helper()
	all := load.End()
	if what != "" {
		s.add(traffic.Row{What: what, Requests: all.Calls(), Failed: all.Failed()})
	}
	if all.Failed() > 0 {
		s.Errorf("%s: %d of %d calls failed: %v\n%s", what, all.Failed(), all.Calls(), all.Errors, s.Story(load))
	}
	return all
}

// add puts a row into the table.
func (s *Shop) add(row traffic.Row) {
	row.Proxy, row.Router = s.way.Name, s.router.Name
	s.bench.Table.Add(row)
}
