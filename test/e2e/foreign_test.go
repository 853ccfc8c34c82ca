package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// What somebody takes from a Service or a route is put back at once; what is somebody's own stays.
func TestForeignEditsAreRepairedOrLeftAlone(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 20}, {pause: {}}]`})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)
	const steady = "1/2 Paused 20% r1:2/2 r2:1/1 stable=r1 canary=r2"
	s.Await("the canary", func(now *State) bool { return now.sentence("web") == steady })

	for _, service := range []string{"web-stable", "web-canary"} {
		s.Patch(&corev1.Service{}, service, types.JSONPatchType, []any{
			map[string]any{"op": "remove", "path": "/spec/selector/" + v1alpha1.DefaultRolloutUniqueLabelKey},
			map[string]any{"op": "add", "path": "/metadata/annotations/example.com~1owner", "value": "shop team"},
		})
		now := s.Await("Service "+service+" to select one revision again", func(now *State) bool { return now.sentence("web") == steady })
		if got := now.service(service).Annotations["example.com/owner"]; got != "shop team" {
			t.Errorf("Service %s says owner %q, want what the shop team wrote", service, got)
		}
	}

	s.Patch(anyVirtualService(), "web", types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 50},
		map[string]any{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": 50},
		map[string]any{"op": "add", "path": "/spec/http/0/timeout", "value": "7s"},
		map[string]any{"op": "add", "path": "/metadata/annotations", "value": map[string]any{"example.com/owner": "shop team"}},
	})
	now := s.Await("the weights to be put back", func(now *State) bool { return now.sentence("web") == steady })
	vs := now.object("VirtualService", "web")
	if got := vs.GetAnnotations()["example.com/owner"]; got != "shop team" {
		t.Errorf("the VirtualService says owner %q, want what the shop team wrote", got)
	}
	if got := route(vs, "web")["timeout"]; got != "7s" {
		t.Errorf("the route's timeout is %v, want the 7s of the shop team", got)
	}
}

func TestCanaryIngressLivesAndDiesWithTheRollout(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Apply(root+"/examples/03-nginx-canary", onRollouts(shorterPauses))
	const canary = "myapp-rollout-myapp-ingress-canary"
	s.AwaitPhase("myapp-rollout", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("myapp-rollout", "kanari.dev/demo:green")
	s.AwaitPause("myapp-rollout", 5)
	now := s.Await("the share of the last step", func(now *State) bool {
		ingress := now.ingress(canary)
		return ingress != nil && ingress.Annotations["nginx.ingress.kubernetes.io/canary-weight"] == "60"
	})
	found, original := now.ingress(canary), now.ingress("myapp-ingress")
	want := map[string]string{
		"kubernetes.io/ingress.class":               "nginx",
		"nginx.ingress.kubernetes.io/canary":        "true",
		"nginx.ingress.kubernetes.io/canary-weight": "60",
	}
	if diff := cmp.Diff(want, found.Annotations); diff != "" {
		t.Errorf("annotations of the canary Ingress (-want +got):\n%s", diff)
	}
	rules := original.Spec.DeepCopy().Rules
	rules[0].HTTP.Paths[0].Backend.Service.Name = "myapp-canary-svc"
	if diff := cmp.Diff(rules, found.Spec.Rules); diff != "" {
		t.Errorf("rules of the canary Ingress (-want +got):\n%s", diff)
	}
	if !metav1.IsControlledBy(found, now.rollout("myapp-rollout")) {
		t.Error("the canary Ingress does not belong to the Rollout")
	}

	s.Promote("myapp-rollout")
	s.AwaitPhase("myapp-rollout", v1alpha1.RolloutPhaseHealthy)
	s.Await("the share to go back to nothing", func(now *State) bool {
		return now.ingress(canary).Annotations["nginx.ingress.kubernetes.io/canary-weight"] == "0"
	})
	s.delete(now.rollout("myapp-rollout"))
	s.Await("the canary Ingress to go with the Rollout", func(now *State) bool { return now.ingress(canary) == nil })
	if diff := cmp.Diff(original.Spec, s.state.ingress("myapp-ingress").Spec, cmp.AllowUnexported(networkingv1.IngressSpec{})); diff != "" {
		t.Errorf("the Ingress of the user changed (-before +after):\n%s", diff)
	}
}

func (s *Scene) delete(object client.Object) {
	s.Helper()
	if err := s.Client.Delete(s.Context(), object, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		s.Fatalf("deleting %s: %v", object.GetName(), err)
	}
}
