package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two Services take turns. The share that is told is pong's; ping is stable first.
func TestPingPong(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.OpenSides("web", "ping", "pong")
	s.CreateYAML(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web.example]
  http: [{name: web, route: [{destination: {host: web-ping}, weight: 100}, {destination: {host: web-pong}, weight: 0}]}]
`)
	s.CreateYAML(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: kanari.dev/demo:blue, ports: [{containerPort: 80}]}]
  strategy:
    canary:
      pingPong: {pingService: web-ping, pongService: web-pong}
      trafficRouting: {istio: {virtualService: {name: web, routes: [web]}}}
      steps: [{setWeight: 20}, {pause: {}}]
      scaleDownDelaySeconds: 1
`)
	s.awaitSentence("2/2 Healthy 0% r1:2/2 ping=r1 pong=r1")
	begun := s.Trace().Version()

	s.SetImage("web", green)
	s.awaitSentence("1/2 Paused 20% r1:2/2 r2:1/1 ping=r1 pong=r2")
	s.Promote("web")
	s.awaitSentence("2/2 Healthy 100% r2:2/2 ping=r2 pong=r2")

	s.SetImage("web", "kanari.dev/demo:red")
	s.awaitSentence("1/2 Paused 80% r2:2/2 r3:1/1 ping=r3 pong=r2")
	s.Abort("web")
	s.Await("everything to go to pong again", func(now *State) bool { return now.weight("web") == 100 })
	s.Retry("web")
	s.awaitSentence("1/2 Paused 80% r2:2/2 r3:1/1 ping=r3 pong=r2")
	s.Promote("web")
	s.awaitSentence("2/2 Healthy 0% r3:2/2 ping=r3 pong=r3")

	if diff := cmp.Diff([]int64{0, 20, 100, 80, 100, 80, 0}, s.Trace().Weights("web", begun)); diff != "" {
		t.Errorf("weights of pong (-want +got):\n%s", diff)
	}
	s.turnsWithoutRequests(begun)
	s.Safe()
}

// turnsWithoutRequests demands that no Service begins to select another revision while it has a share.
func (s *Scene) turnsWithoutRequests(since uint64) {
	s.Helper()
	before, turns := map[string]string{}, 0
	for entry, state := range s.Trace().States() {
		for service, weight := range shares(route(state.object("VirtualService", "web"), "web"), "host") {
			hash := state.selected(service)
			if hash == before[service] {
				continue
			}
			before[service] = hash
			if turns++; entry.Version > since && weight > 0 {
				s.Errorf("Service %s turned to %s while it had %d%% of the requests (after %s)", service, state.label(hash), weight, entry)
			}
		}
	}
	if turns < 6 {
		s.Errorf("the Services turned %d times, want each three times at least", turns)
	}
}
