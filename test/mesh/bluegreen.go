package mesh

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Switched is for Rollouts that turn a Service: no object of Istio's takes part, only its knowledge of endpoints.
func Switched() Router { return Router{Name: "a Service in Istio"} }

// atThePreview stands for the step at which a blue-green strategy pauses: it has none.
const atThePreview int32 = -1

// BlueGreen measures a switch, and the way back while the former pods are still there.
func (s *Shop) BlueGreen() {
	s.Helper()
	defer s.explain()
	s.CreateAll(s.service("web"), s.service("web-preview"))
	s.CreateYAML(rollout("", `
    blueGreen: {activeService: web, previewService: web-preview, autoPromotionEnabled: false, scaleDownDelaySeconds: 8}
`))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	load := s.Load()
	s.Deliver(green, 0)
	s.AwaitPause("web", atThePreview)
	lag := &traffic.Lag{ByHand: s.switchedByHand(6)}
	s.timed(load, lag, blue, func() { s.Promote("web") })
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.timed(load, lag, green, func() { s.Deliver(blue, 0) }) // its pods are still there
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.AwaitPods(4)
	all := s.whole(load, "")
	s.add(traffic.Row{What: "blue-green: switch, then fast rollback", Requests: all.Calls(), Failed: all.Failed(), Lag: lag})
}

// timed notes how long a version goes on answering after an order.
func (s *Shop) timed(load *Load, lag *traffic.Lag, version string, order func()) {
	s.Helper()
	sent := time.Now()
	order()
	lag.Ordered = append(lag.Ordered, max(load.AwaitSilence(version).Sub(sent), 0))
}

// switchedByHand has another Service of the same pods select one version and the other in turn.
func (s *Shop) switchedByHand(times int) []time.Duration {
	s.Helper()
	first, second := s.Hashes()
	selecting := func(version string) traffic.Turn {
		hash := map[string]string{blue: first, green: second}[version]
		selector := map[string]any{"selector": map[string]any{v1alpha1.DefaultRolloutUniqueLabelKey: hash}}
		return traffic.Turn{Resource: services, Name: "hand", Patch: map[string]any{"spec": selector}}
	}
	s.CreateYAML(s.service("hand"))
	s.Give(selecting(blue))
	return s.turns(times, func(gets string) time.Time { return s.Give(selecting(gets)) })
}
