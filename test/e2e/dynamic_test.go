package e2e

import (
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// webAtHalf is the example of two pods on two nodes, with half of the requests on the canary until somebody says otherwise.
func webAtHalf(s *Scene) {
	s.Helper()
	s.Apply(root+"/examples/05-web-ha", onRollouts(func(spec map[string]any) {
		_ = unstructured.SetNestedSlice(spec, []any{
			map[string]any{"setWeight": int64(50)}, map[string]any{"pause": map[string]any{}},
		}, "strategy", "canary", "steps")
	}))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.Await("half of the requests on the canary", func(now *State) bool {
		return now.sentence("web") == "1/2 Paused 50% r1:1/1 r2:1/1 stable=r1 canary=r2"
	})
}

func TestAbortWithAConstantNumberOfPods(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	webAtHalf(s)
	s.Abort("web")
	s.Await("two stable pods", func(now *State) bool {
		return now.phase("web") == v1alpha1.RolloutPhaseDegraded && now.sentence("web") == "0/2 Degraded 0% r1:2/2 stable=r1 canary=r2"
	})
	s.Safe()
	s.withinBudget("web", s.Trace())
}

func TestAnotherTemplateInTheMiddleWithAConstantNumberOfPods(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	webAtHalf(s)
	s.SetImage("web", "kanari.dev/demo:red")
	s.Await("half of the requests on the third revision", func(now *State) bool {
		return now.sentence("web") == "1/2 Paused 50% r1:1/1 r3:1/1 stable=r1 canary=r3"
	})
	s.SetImage("web", "kanari.dev/demo:blue")
	s.Await("the first version, under a new number", func(now *State) bool {
		return now.sentence("web") == "2/2 Healthy 0% r4:2/2 stable=r4 canary=r4"
	})
	s.Safe()
	s.withinBudget("web", s.Trace())
}

// Growth from load is fine in the middle of a canary; both versions get their share of it.
func TestAutoscalerInTheMiddle(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Apply(root+"/examples/06-was-ha", onRollouts(func(spec map[string]any) {
		_ = unstructured.SetNestedSlice(spec, []any{
			map[string]any{"setWeight": int64(50)}, map[string]any{"pause": map[string]any{}},
		}, "strategy", "canary", "steps")
	}))
	s.AwaitPhase("was", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("was", "kanari.dev/demo:green")
	s.Await("a pod of each version", func(now *State) bool {
		return now.sentence("was") == "1/2 Paused 50% r1:1/1 r2:1/1 stable=r1 canary=r2"
	})
	s.withinBudget("was", s.Trace())

	s.Merge(&autoscalingv2.HorizontalPodAutoscaler{}, "was", map[string]any{"spec": map[string]any{"minReplicas": 4}})
	s.Await("two pods of each version", func(now *State) bool {
		return now.sentence("was") == "1/2 Paused 50% r1:2/2 r2:2/2 stable=r1 canary=r2"
	})
	s.Safe()
	s.withinBudget("was", s.Trace())
}
