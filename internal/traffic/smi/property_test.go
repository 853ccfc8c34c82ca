package smi_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
	"github.com/kanari-dev/kanari/internal/traffic/smi"
)

func with(routing *v1alpha1.RolloutTrafficRouting) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: "web-canary", StableService: "web-stable", TrafficRouting: routing,
		}}},
	}
}

// TestForeignEntries shares the Rollout's own TrafficSplit with people who add matches to it, in every version of the API.
func TestForeignEntries(t *testing.T) {
	for _, version := range []string{"v1alpha1", "v1alpha2", "v1alpha3"} {
		t.Run(version, func(t *testing.T) {
			ro := with(&v1alpha1.RolloutTrafficRouting{SMI: &v1alpha1.SMITrafficRouting{}})
			entrytest.Test(t, entrytest.Mesh{
				Renderer: smi.Renderer{Version: version},
				Rollout:  ro,
				Objects: func(t *rapid.T) []*unstructured.Unstructured {
					return []*unstructured.Unstructured{anySplit(t, version, ro), anySplit(t, version, &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "api", UID: "uid-api"}})}
				},
				Shared: []string{"spec", "matches"},
				Ours: func(o *unstructured.Unstructured) []any {
					if o.GetName() != ro.Name {
						return nil
					}
					ours := []any{entry.At(o.Object, "spec", "service"), entry.At(o.Object, "spec", "backends")}
					unstructured.RemoveNestedField(o.Object, "spec", "service")
					unstructured.RemoveNestedField(o.Object, "spec", "backends")
					return ours
				},
			})
		})
	}
}

// anySplit is a TrafficSplit of a Rollout's, with any backends.
func anySplit(t *rapid.T, version string, owner *v1alpha1.Rollout) *unstructured.Unstructured {
	spec := entrytest.Fields(t)
	spec["matches"] = []any{map[string]any{"kind": "HTTPRouteGroup", "name": "all"}, "no map"}
	var backends []any
	for i := range rapid.IntRange(0, 3).Draw(t, "backends") {
		weight := rapid.SampledFrom([]any{int64(50), 0.5, "50", "0.5"}).Draw(t, "weight")
		backends = append(backends, map[string]any{"service": rapid.SampledFrom([]string{"web-canary", "web-stable", fmt.Sprint("beta-", i)}).Draw(t, "service"), "weight": weight})
	}
	if len(backends) > 0 {
		spec["backends"] = backends
	}
	metadata := map[string]any{"name": owner.Name, "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	split := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "split.smi-spec.io/" + version, "kind": "TrafficSplit", "metadata": metadata, "spec": spec}}
	split.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.RolloutGVK)})
	return split
}
