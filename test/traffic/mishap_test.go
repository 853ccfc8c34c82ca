package traffic

import (
	"testing"
	"time"
)

// TestMishaps lets things happen to a canary that gets half of the requests.
func TestMishaps(t *testing.T) {
	each(t, func(s *Shop) {
		controller := s.Launch()
		s.OpenCanary(s.Namespace)
		load := s.Load()
		s.Deliver(green)
		s.Go(10)
		load.AwaitShare(green, 10)
		s.Restart(5)
		s.whole(load, "at 10 %, all pods restarted, the only one of the canary too")

		load = s.Load()
		s.Promote("web")
		s.Rest(50)
		s.Resize(8)
		s.Resize(4)
		s.whole(load, "at 50 %, scaled to twice the pods and back")

		load = s.Load()
		controller.Kill()
		s.Promote("web")
		s.Launch()
		s.Rest(90)
		s.measure(load, "at 90 %, after the controller died and came back", 90)
		s.Abort("web")
		load.AwaitSilence(green)
		s.whole(load, "the controller's death, and an abort")

		s.Retry("web")
		s.Go(50)
		s.crash()
	})
}

// crash kills all pods of the canary at once while it gets half of the requests. Until the proxy has heard of it, what they would have answered
// is lost; nobody can mend that but a proxy that asks another pod. So no more than the canary's share may fail, and nothing once its pods are back.
func (s *Shop) crash() {
	s.Helper()
	load := s.Load()
	load.AwaitShare(green, 50)
	began := time.Now()
	s.Crash(s.Hash("web-canary"), 2)
	load.Settle()
	back := time.Now()
	s.measure(load, "at 50 %, after all canary pods crashed and came back", 50)
	s.Abort("web")
	load.AwaitSilence(green)
	all := load.End()

	meanwhile := load.Between(began, back)
	table.Add(Row{
		Proxy: byTraefik, Router: s.router.Name, What: "all canary pods crash at 50 %", Requests: all.Requests, Failed: all.Failed(), Excused: meanwhile.Failed(),
		Why: "Canary pods that crash at 50 % take with them what was sent to them until the proxy has heard of it, and on Gateway API their share until they are back.",
	})
	if _, most := Bound(meanwhile.Requests, 0.5); meanwhile.Failed() > most {
		s.Errorf("%d of %d requests failed while half of them went to pods that had crashed: %v", meanwhile.Failed(), meanwhile.Requests, meanwhile.Failures)
	}
	if elsewhere := all.Failed() - meanwhile.Failed(); elsewhere != 0 {
		s.Errorf("%d requests failed while no pod had crashed\n%s", elsewhere, s.Story(load))
	}
}
