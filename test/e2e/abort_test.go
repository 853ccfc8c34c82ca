package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestAbortRetryPromote(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 3, Steps: `[{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {}}]`, More: []string{"scaleDownDelaySeconds: 1"}})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)
	paused := s.Trace().Version()

	s.Abort("web")
	now := s.Await("the canary to get nothing, and stay", func(now *State) bool {
		return now.sentence("web") == "0/4 Degraded 0% r1:3/3 r2:1/1 stable=r1 canary=r1"
	})
	if got, want := now.rollout("web").Status.Message, "RolloutAborted: Rollout aborted update to revision 2"; got != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
	if now.revision("web", 2).Annotations[v1alpha1.ScaleDownDeadlineAnnotation] == "" {
		t.Error("nothing says until when the aborted pods are kept")
	}
	trace := s.Trace()
	if diff := cmp.Diff([]string{"Rollout web", "VirtualService web"}, trace.Writes(paused)[:2]); diff != "" {
		t.Errorf("after the abort the requests go first (-want +got):\n%s", diff)
	}

	s.Retry("web")
	s.AwaitPause("web", 1)
	s.Await("the second attempt", func(now *State) bool {
		return now.sentence("web") == "1/4 Paused 20% r1:3/3 r2:1/1 stable=r1 canary=r2"
	})
	s.Promote("web")
	s.AwaitPause("web", 3)
	s.Promote("web")
	s.Await("version 2 to be all there is", func(now *State) bool {
		return now.sentence("web") == "4/4 Healthy 0% r2:3/3 stable=r2 canary=r2"
	})
	trace = s.Trace()
	if diff := cmp.Diff([]int64{20, 0, 20, 60, 0}, trace.Weights("web", paused)); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
	s.Safe()
}
