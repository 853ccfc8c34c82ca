package traefik_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
	"github.com/kanari-dev/kanari/internal/traffic/traefik"
)

func with(routing *v1alpha1.RolloutTrafficRouting) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: "web-canary", StableService: "web-stable", TrafficRouting: routing,
		}}},
	}
}

func TestForeignEntries(t *testing.T) {
	entrytest.Test(t, entrytest.Mesh{
		Renderer: traefik.Renderer{},
		Rollout:  with(&v1alpha1.RolloutTrafficRouting{Traefik: &v1alpha1.TraefikTrafficRouting{WeightedTraefikServiceName: "web"}}),
		Objects:  func(t *rapid.T) []*unstructured.Unstructured { return []*unstructured.Unstructured{anyService(t)} },
		Shared:   []string{"spec", "weighted", "services"},
		Ours: func(o *unstructured.Unstructured) []any {
			var ours []any
			for _, service := range entry.Lists(o.Object, "spec", "weighted", "services") {
				if name := service["name"]; (name == "web-canary" || name == "web-stable") && service["namespace"] == nil {
					ours = append(ours, name, service["weight"])
					delete(service, "weight")
				}
			}
			return ours
		},
	})
}

func anyService(t *rapid.T) *unstructured.Unstructured {
	all := []any{"no map"}
	for i, name := range []string{"web-canary", "web-stable", "web-canary", "beta", "beta"} {
		service := entrytest.Fields(t)
		service["name"] = name
		if i > 1 {
			service["namespace"] = fmt.Sprint("edge-", i)
		}
		if rapid.Bool().Draw(t, "weighed") {
			service["weight"] = int64(rapid.IntRange(0, 100).Draw(t, "weight"))
		}
		all = append(all, service)
	}
	spec := entrytest.Fields(t)
	spec["weighted"] = map[string]any{"services": rapid.Permutation(all).Draw(t, "services")}
	metadata := map[string]any{"name": "web", "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService", "metadata": metadata, "spec": spec}}
}
