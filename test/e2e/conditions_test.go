package e2e

import (
	"fmt"
	"strings"
	"testing"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Tools that know nothing of Rollouts ask three conditions and one number.
func TestGenericConditions(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 50}, {pause: {}}]`})

	s.expect("web", "Ready=False Reconciling=True Stalled=False")
	s.expect("web", "Ready=True Reconciling=False Stalled=False")
	s.SetImage("web", "kanari.dev/demo:green")
	s.expect("web", "Ready=False Reconciling=True Stalled=False")
	s.expect("web", "Ready=False Reconciling=False Stalled=False") // a pause is nobody's fault, and nothing moves
	s.Abort("web")
	s.expect("web", "Ready=False Reconciling=False Stalled=True")
	s.SetImage("web", "kanari.dev/demo:blue")
	s.expect("web", "Ready=True Reconciling=False Stalled=False")

	for entry, state := range s.Trace().States() {
		if entry.of("Rollout", "web") {
			s.checkGenerations(state.object("Rollout", "web"))
		}
	}
}

// expect waits until the three conditions that speak of the present generation say so.
func (s *Scene) expect(rollout, want string) {
	s.Helper()
	s.Await(want, func(now *State) bool {
		ro := now.rollout(rollout)
		var said []string
		for _, kind := range []v1alpha1.RolloutConditionType{v1alpha1.RolloutReady, v1alpha1.RolloutReconciling, v1alpha1.RolloutStalled} {
			c := condition(ro, kind)
			if c == nil || c.ObservedGeneration != ro.Generation {
				return false
			}
			said = append(said, fmt.Sprintf("%s=%s", c.Type, c.Status))
		}
		return strings.Join(said, " ") == want
	})
}

// checkGenerations demands whole numbers that never run ahead of the object.
func (s *Scene) checkGenerations(ro *unstructured.Unstructured) {
	s.Helper()
	status, _, _ := unstructured.NestedMap(ro.Object, "status")
	if len(status) == 0 {
		return
	}
	observed, isNumber := status["observedGeneration"].(int64)
	if !isNumber || observed > ro.GetGeneration() {
		s.Errorf("at generation %d status.observedGeneration is %v", ro.GetGeneration(), status["observedGeneration"])
	}
	conditions, _, _ := unstructured.NestedSlice(status, "conditions")
	for _, entry := range conditions {
		c, _ := entry.(map[string]any)
		if seen, _ := c["observedGeneration"].(int64); seen > observed {
			s.Errorf("condition %s speaks of generation %d, the status of %d", c["type"], seen, observed)
		}
	}
}

// The scale subresource is how autoscalers and `kubectl scale` see a Rollout.
func TestScaleSubresource(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 50}, {pause: {}}]`})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)

	s.scale("web", 4)
	s.Await("four pods", func(now *State) bool { return now.sentence("web") == "2/2 Healthy 0% r1:4/4 stable=r1 canary=r1" })
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)
	s.scale("web", 6)
	s.Await("both sides to grow in the middle of a canary", func(now *State) bool {
		return now.sentence("web") == "1/2 Paused 50% r1:6/6 r2:3/3 stable=r1 canary=r2"
	})

	read := s.readScale("web")
	want := autoscalingv1.ScaleStatus{Replicas: 6, Selector: "app=web"} // an autoscaler multiplies it, and must not multiply the canary
	s.Await("the scale to count the pods that are asked for", func(*State) bool { read = s.readScale("web"); return read.Status == want })
	if read.Spec.Replicas != 6 {
		t.Errorf("the scale asks for %d replicas, want 6", read.Spec.Replicas)
	}
	s.Safe()
}

func (s *Scene) readScale(rollout string) *autoscalingv1.Scale {
	s.Helper()
	ro, scale := &v1alpha1.Rollout{}, &autoscalingv1.Scale{}
	ro.Namespace, ro.Name = s.Namespace, rollout
	if err := s.Client.SubResource("scale").Get(s.Context(), ro, scale); err != nil {
		s.Fatalf("reading the scale of %s: %v", rollout, err)
	}
	return scale
}

func (s *Scene) scale(rollout string, replicas int32) {
	s.Helper()
	scale := s.readScale(rollout)
	scale.Spec.Replicas = replicas
	ro := &v1alpha1.Rollout{}
	ro.Namespace, ro.Name = s.Namespace, rollout
	if err := s.Client.SubResource("scale").Update(s.Context(), ro, client.WithSubResourceBody(scale)); err != nil {
		s.Fatalf("scaling %s: %v", rollout, err)
	}
}

func TestInvalidSpecIsAConditionUntilItIsMended(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.OpenServices("web")
	s.OpenRollout(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 50}, {pause: {}}]`, VirtualService: "web"})

	message := "The Rollout \"web\" is invalid: spec.strategy.canary.trafficRouting.istio.virtualService.name: Invalid value: \"web\": " +
		"VirtualService `web` not found: create it in namespace \"" + s.Namespace + "\", or correct the name"
	s.Await("InvalidSpec with the message "+message, func(now *State) bool {
		invalid := condition(now.rollout("web"), v1alpha1.InvalidSpec)
		return invalid != nil && invalid.Status == corev1.ConditionTrue && invalid.Message == message &&
			now.rollout("web").Status.Message == "InvalidSpec: "+message
	})
	s.expect("web", "Ready=False Reconciling=False Stalled=True")

	s.CreateYAML(virtualService("web", "web"))
	now := s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	if left := condition(now.rollout("web"), v1alpha1.InvalidSpec); left != nil {
		t.Errorf("the mended Rollout still says %+v", left)
	}
	s.Safe()
}
