package apisix_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/apisix"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
)

func with(routing *v1alpha1.RolloutTrafficRouting) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: "web-canary", StableService: "web-stable", TrafficRouting: routing,
		}}},
	}
}

// TestForeignEntries shares an ApisixRoute of which two rules are the Rollout's, and meets an ApisixRoute that has a managed route's name.
func TestForeignEntries(t *testing.T) {
	entrytest.Test(t, entrytest.Mesh{
		Renderer: apisix.Renderer{},
		Rollout: with(&v1alpha1.RolloutTrafficRouting{
			ManagedRoutes: []v1alpha1.MangedRoutes{{Name: "first"}, {Name: "second"}},
			Apisix:        &v1alpha1.ApisixTrafficRouting{Route: &v1alpha1.ApisixRoute{Name: "web", Rules: []string{"front", "back"}}},
		}),
		Objects: func(t *rapid.T) []*unstructured.Unstructured { return []*unstructured.Unstructured{anyRoute(t)} },
		Shared:  []string{"spec", "http"},
		Ours: func(o *unstructured.Unstructured) []any {
			var ours []any
			for _, rule := range entry.Lists(o.Object, "spec", "http") {
				if rule["name"] != "front" && rule["name"] != "back" {
					continue
				}
				for _, backend := range entry.Lists(rule, "backends") {
					if name := backend["serviceName"]; name == "web-canary" || name == "web-stable" {
						ours = append(ours, rule["name"], name, backend["weight"])
						delete(backend, "weight")
					}
				}
			}
			return ours
		},
	})
}

func anyRoute(t *rapid.T) *unstructured.Unstructured {
	var rules []any
	for i, name := range []string{"front", "back", "web", "", ""} {
		rule := entrytest.Fields(t)
		if name != "" {
			rule["name"] = name
		}
		backends := []any{anyBackend(t, "web-canary"), anyBackend(t, "web-stable")}
		for range rapid.IntRange(0, 2).Draw(t, "beside") {
			backends = append(backends, anyBackend(t, fmt.Sprint("beta-", i)))
		}
		rule["backends"] = rapid.Permutation(backends).Draw(t, "backends")
		rules = append(rules, rule)
	}
	spec := entrytest.Fields(t)
	spec["http"] = rapid.Permutation(append(rules, "no map")).Draw(t, "rules")
	metadata := map[string]any{"name": "web", "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apisix.apache.org/v2", "kind": "ApisixRoute", "metadata": metadata, "spec": spec}}
}

func anyBackend(t *rapid.T, service string) any {
	backend := entrytest.Fields(t)
	backend["serviceName"] = service
	if rapid.Bool().Draw(t, "weighed") {
		backend["weight"] = int64(rapid.IntRange(0, 100).Draw(t, "weight"))
	}
	return backend
}
