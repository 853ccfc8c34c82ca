package traffic

import (
	"testing"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// atThePreview stands for the step at which a blue-green strategy pauses: it has none.
const atThePreview int32 = -1

// TestBlueGreen switches a Service: the proxy's route stays as it is, and its endpoints change.
func TestBlueGreen(t *testing.T) {
	each(t, func(s *Shop) {
		s.OpenBlueGreen()
		load := s.Load()
		s.measure(load, "blue-green, before the switch", 0)
		s.Deliver(green)
		s.AwaitPause("web", atThePreview)
		lag := &Lag{ByHand: s.switchByHand(6)}
		s.timed(load, lag, blue, func() { s.Promote("web") })
		s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
		s.timed(load, lag, green, func() { s.Deliver(blue) }) // its pods are still there
		s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
		s.AwaitPods(4)
		all := s.whole(load, "")
		table.Add(Row{Proxy: byTraefik, Router: s.router.Name, What: "blue-green: switch, then fast rollback", Requests: all.Requests, Failed: all.Failed(), Lag: lag})
	})
}

// timed notes how long a version goes on answering after an order.
func (s *Shop) timed(load *Load, lag *Lag, version string, order func()) {
	s.Helper()
	sent := time.Now()
	order()
	lag.Ordered = append(lag.Ordered, max(load.AwaitSilence(version).Sub(sent), 0))
}

// switchByHand has another Service of the same pods select one version and the other in turn.
func (s *Shop) switchByHand(times int) []time.Duration {
	s.Helper()
	place := Place{Name: "hand", Host: "hand." + s.Namespace + ".example", First: "hand"}
	hashes := map[string]string{blue: s.Hash("web-active"), green: s.Hash("web-preview")}
	s.CreateYAML(pinned(place.First, hashes[blue]))
	s.CreateAll(s.router.Whole(place)...)
	return s.turns(place, times, func(gets string) time.Time {
		selector := map[string]any{"selector": map[string]any{v1alpha1.DefaultRolloutUniqueLabelKey: hashes[gets]}}
		return s.Give(Turn{Resource: services, Name: place.First, Patch: map[string]any{"spec": selector}})
	})
}
