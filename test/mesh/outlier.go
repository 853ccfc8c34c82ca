package mesh

import (
	"time"

	"github.com/kanari-dev/kanari/test/traffic"
)

// Outliers has one of two canary pods crash while the canary gets half of the calls, and has the proxy find out by itself. It does so after three
// calls if nothing has changed for a second: Envoy gathers news of an endpoint's health for that long (update_merge_window).
func (s *Shop) Outliers() {
	s.Helper()
	defer s.explain()
	s.OpenCanary("")
	load := s.Load()
	s.Deliver(green, 0)
	s.Go(50)
	s.AwaitPods(6)
	load.Count(2 * rate) // takes two seconds
	before := s.figure(`outlier_detection\.ejections_enforced_total`)
	began := time.Now()
	_, hash := s.Hashes()
	s.Crash(hash, 1)
	ejected := s.figure(`outlier_detection\.ejections_enforced_total`) - before
	load.Count(1) // lets the mesh hear of it
	back := time.Now()
	s.measure(load, "at 50 %, after one canary pod crashed and came back", 50)
	all := load.End()

	meanwhile := load.Between(began, back)
	s.add(traffic.Row{
		What: "one of two canary pods crashes at 50 %", Requests: all.Calls(), Failed: all.Failed(), Excused: meanwhile.Failed(),
		Why: "A pod that crashes takes with it what is on its way; outlier detection ends that after some calls.",
	})
	s.Logf("%d pods were left out by the proxy, %d calls failed before: %v", ejected, meanwhile.Failed(), meanwhile.Errors)
	const some = 20
	if ejected < 1 || meanwhile.Failed() > some {
		s.Errorf("%d pods were left out by the proxy, want one; %d calls failed, want at most %d", ejected, meanwhile.Failed(), some)
	}
	if elsewhere := all.Failed() - meanwhile.Failed(); elsewhere != 0 {
		s.Errorf("%d calls failed while no pod had crashed\n%s", elsewhere, s.Story(load))
	}
}
