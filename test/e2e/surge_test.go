package e2e

import (
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// A maxSurge that is written limits the pods beside a router, those that terminate counted: on the way to the new version, on the way
// back from half of it, and with another version in the middle. Pods take their time to go, so that whoever forgets them is found out.
func TestSurgeBesideARouter(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{
		Name: "web", Replicas: 4, Steps: `[{setWeight: 10}, {pause: {duration: 1s}}, {setWeight: 50}, {pause: {}}, {setWeight: 100}]`,
		Annotations: `{lab.kanari.dev/stop-after: 1s}`, More: []string{"maxSurge: 1", "scaleDownDelaySeconds: 1", "abortScaleDownDelaySeconds: 1"},
	})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", green)
	s.AwaitPause("web", 3)
	s.awaitSentence("3/5 Paused 50% r1:3/3 r2:2/2 stable=r1 canary=r2")
	s.Abort("web")
	s.awaitSentence("0/5 Degraded 0% r1:4/4 stable=r1 canary=r1")
	s.SetImage("web", "kanari.dev/demo:red")
	s.AwaitPause("web", 3)
	s.Promote("web")
	s.awaitSentence("5/5 Healthy 0% r3:4/4 stable=r3 canary=r3")
	most := 0
	for entry, state := range s.Trace().States() {
		if most = max(most, state.pods("web")); most > 5 {
			t.Fatalf("%d pods instead of at most 5 after %s", most, entry)
		}
	}
	if most < 5 {
		t.Errorf("never more than %d pods: the surge was of no use", most)
	}
	s.Safe()
}
