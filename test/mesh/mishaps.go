package mesh

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Mishaps lets things happen to a canary that gets half of the calls.
func (s *Shop) Mishaps() {
	s.Helper()
	defer s.explain()
	controller := s.Launch()
	s.OpenCanary(s.Namespace)
	load := s.Load()
	s.Deliver(green, 0)
	s.Go(50)

	s.Resize(8)
	s.Resize(4)
	s.whole(load, "at 50 %, scaled to twice the pods and back")

	load = s.Load()
	s.Restart(6)
	s.measure(load, "at 50 %, after all pods were restarted", 50)
	s.whole(load, "at 50 %, a restart of all pods")

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
	s.AwaitPods(6) // those of the abort have gone
	s.crashes()
}

// crashes kills all pods of the canary at once while it gets half of the calls. Until the mesh has heard of it, what they would have answered is
// lost. So no more than the canary's share may fail, and nothing once its pods are back.
func (s *Shop) crashes() {
	s.Helper()
	load := s.Load()
	load.Count(1)
	began := time.Now()
	_, hash := s.Hashes()
	s.Crash(hash, 2)
	load.Count(1) // lets the mesh hear of it
	back := time.Now()
	s.measure(load, "at 50 %, after all canary pods crashed and came back", 50)
	s.Abort("web")
	load.AwaitSilence(green)
	all := load.End()

	meanwhile := load.Between(began, back)
	s.add(traffic.Row{
		What: "all canary pods crash at 50 %", Requests: all.Calls(), Failed: all.Failed(), Excused: meanwhile.Failed(),
		Why: "Canary pods that crash at 50 % take with them what was sent to them until the mesh has heard of it.",
	})
	if _, most := traffic.Bound(meanwhile.Calls(), 0.5); meanwhile.Failed() > most {
		s.Errorf("%d of %d calls failed while half of them went to pods that had crashed: %v", meanwhile.Failed(), meanwhile.Calls(), meanwhile.Errors)
	}
	if elsewhere := all.Failed() - meanwhile.Failed(); elsewhere != 0 {
		s.Errorf("%d calls failed while no pod had crashed\n%s", elsewhere, s.Story(load))
	}
}

func hashLabel(hash string) string { return v1alpha1.DefaultRolloutUniqueLabelKey + "=" + hash }
