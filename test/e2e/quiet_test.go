package e2e

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Roles and a restart have the controller look at single pods. Once that is done, it costs nothing again.
func TestQuietAfterARestartAndInRoles(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	bill := bill{Scene: s, controller: start(t, "quiet", "--leader-elect=false", "--instance-id=cost", "--namespace="+s.Namespace)}
	s.Open(Shop{Name: "web", Replicas: 2, Steps: standardSteps, Labels: ourLabel, More: append([]string{shortDelay}, roles...)})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"restartAt": time.Now().Add(time.Second).UTC().Format(time.RFC3339)}})
	s.Await("the restart to be over", func(now *State) bool {
		ro := now.rollout("web")
		return ro.Spec.RestartAt.Equal(ro.Status.RestartedAt) && now.ready("web") == 2 && now.sentence("web") == "4/4 Healthy 0% r1:2/2 stable=r1 canary=r1"
	})
	s.wear("stable", "stable")
	bill.barrier("barrier-1")
	before := len(bill.requests())

	touch := map[string]any{"metadata": map[string]any{"labels": map[string]any{"example.com/touched": "yes"}}}
	for name := range s.state.living("web") {
		s.Merge(&corev1.Pod{}, name, touch)
	}
	s.Merge(&corev1.Service{}, "web-stable", touch)
	s.Merge(&v1alpha1.Rollout{}, "web", touch)
	bill.barrier("barrier-2")
	for _, request := range bill.requests()[before:] {
		t.Errorf("nothing was to be done, and it sent %s", request)
	}
}
