package e2e

import (
	"fmt"
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// delivery is one thing that a user has done to a Rollout named web, from first to last.
type delivery struct {
	open  func(s *Scene, labels string)
	begin func(*Scene)
	end   string // the sentence once nothing is left to be done
}

// The standard canary and its abort are with a router; each keeps old pods for a second.
func deliveries() map[string]delivery {
	shop := func(steps, more string) func(*Scene, string) {
		return func(s *Scene, labels string) {
			s.Open(Shop{Name: "web", Replicas: 2, Steps: steps, More: []string{more}, Labels: labels})
			s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
		}
	}
	ship := func(s *Scene) { s.SetImage("web", "kanari.dev/demo:green") }
	return map[string]delivery{
		"a canary":     {shop(standardSteps, shortDelay), ship, "4/4 Healthy 0% r2:2/2 stable=r2 canary=r2"},
		"a blue-green": {openBlueGreen, ship, "Healthy r2:2/2 active=r2 preview=r2"},
		"an abort": {
			open: func(s *Scene, labels string) {
				shop(`[{setWeight: 20}, {pause: {}}]`, "abortScaleDownDelaySeconds: 1")(s, labels)
				ship(s)
				s.AwaitPause("web", 1)
			},
			begin: func(s *Scene) { s.Abort("web") },
			end:   "0/2 Degraded 0% r1:2/2 stable=r1 canary=r1",
		},
	}
}

// openBlueGreen opens the smallest Rollout with a preview. It is promoted a second after its pods are ready.
func openBlueGreen(s *Scene, labels string) {
	s.OpenSides("web", "active", "preview")
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, labels: %s}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: kanari.dev/demo:blue, ports: [{containerPort: 80}]}]}
  strategy:
    blueGreen: {activeService: web-active, previewService: web-preview, autoPromotionSeconds: 1, scaleDownDelaySeconds: 1}
`, labels))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
}

// over tells whether nothing is left to be done, and all of it is counted.
func (d delivery) over(now *State) bool {
	if now.sentence("web") != d.end {
		return false
	}
	status := now.rollout("web").Status
	return status.Replicas == 2 && status.ReadyReplicas == 2 && status.AvailableReplicas == 2
}

// life is a delivery by a controller that dies once, or never.
type life struct {
	delivery
	*Scene
	*Mortal
}

// live opens a Rollout and hands it to a controller of its own that dies of one of its writes.
func (d delivery) live(t *testing.T, fatal Write) life {
	t.Helper()
	s := NewScene(t, lab)
	m := NewMortal(t, s.Namespace, "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
	d.open(s, fmt.Sprintf("{%s: %s}", v1alpha1.ControllerInstanceIDLabel, s.Namespace))
	m.Arm(fatal)
	d.begin(s)
	return life{d, s, m}
}

// finish waits for the end, and returns what is left over.
func (l life) finish() map[string]any {
	l.Helper()
	l.Await(fmt.Sprintf("the end, with a death of %s", l.fatal), l.over)
	if err := l.End(); err != nil {
		l.Error(err)
	}
	l.Safe()
	return l.remains("web")
}
