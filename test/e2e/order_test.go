package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// The order of writes is what makes a death between any two of them harmless.
func TestOrderOfWrites(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "shop", Replicas: 2, Steps: standardSteps, More: []string{shortDelay}})
	s.AwaitPhase("shop", v1alpha1.RolloutPhaseHealthy)
	begun := s.Trace().Version()
	s.SetImage("shop", "kanari.dev/demo:green")
	s.Await("version 2 to be all there is", func(now *State) bool {
		return now.sentence("shop") == "4/4 Healthy 0% r2:2/2 stable=r2 canary=r2"
	})
	s.awaitEvent("shop", "Scaled down ReplicaSet "+s.state.revision("shop", 1).Name+" (revision 1) from 2 to 0")
	trace := s.Trace()

	available := func(now *State) int32 { _, available := now.size("shop", 2); return available }
	moments := []struct {
		what  string
		holds func(now *State) bool
	}{
		{"the canary has an available pod", func(now *State) bool { return available(now) == 1 }},
		{"the canary Service selects it", func(now *State) bool { return now.label(now.selected("shop-canary")) == "r2" }},
		{"requests go there", func(now *State) bool { return now.weight("shop") == 20 }},
		{"the step is done", func(now *State) bool { return now.rollout("shop").Status.StepText == "1/4" }},
		{"all canary pods are available", func(now *State) bool { return available(now) == 2 }},
		{"more requests go there", func(now *State) bool { return now.weight("shop") == 60 }},
		{"the stable Service turns", func(now *State) bool { return now.label(now.selected("shop-stable")) == "r2" }},
		{"requests come back to the stable Service", func(now *State) bool { return now.weight("shop") == 0 }},
		{"the new version is the stable one", func(now *State) bool { return now.label(now.rollout("shop").Status.StableRS) == "r2" }},
		{"the old pods go", func(now *State) bool { return *now.revision("shop", 1).Spec.Replicas == 0 }},
	}
	last := begun
	for _, moment := range moments {
		at := trace.First(last, moment.holds)
		if at == 0 {
			t.Fatalf("after version %d there is no moment at which %s", last, moment.what)
		}
		if early := trace.First(begun, moment.holds); early != at && moment.what != "requests come back to the stable Service" {
			t.Errorf("%s at %d already, its turn was after %d", moment.what, early, last)
		}
		last = at
	}

	want := map[string]int{
		"RolloutUpdated": 2, "NewReplicaSetCreated": 2, "ScalingReplicaSet": 4, "RolloutCompleted": 2, "RolloutNotCompleted": 1,
		"RolloutStepCompleted": 4, "RolloutPaused": 2, "RolloutResumed": 2,
		"SwitchService": 4, "Updated VirtualService": 3, "TrafficWeightUpdated": 4,
	}
	if diff := cmp.Diff(want, s.state.reasons("shop")); diff != "" {
		t.Errorf("events by reason (-want +got):\n%s", diff)
	}
}

// An invalid spec moves nothing, and does not stop an abort.
func TestAbortOfAnInvalidRollout(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 20}, {pause: {}}]`})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)
	s.Patch(&v1alpha1.Rollout{}, "web", types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": "/spec/strategy/canary/steps/0/setWeight", "value": 150},
	})
	now := s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
	if share := now.weight("web"); share != 20 {
		t.Errorf("the canary gets %d%% once the spec is invalid, want the 20%% it had", share)
	}
	s.Abort("web")
	s.Await("no request for the canary", func(now *State) bool {
		return now.weight("web") == 0 && now.phase("web") == v1alpha1.RolloutPhaseDegraded
	})
	s.Safe()
}
