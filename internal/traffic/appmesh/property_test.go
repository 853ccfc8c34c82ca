package appmesh_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/appmesh"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
)

func with(routing *v1alpha1.RolloutTrafficRouting) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec:       v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{TrafficRouting: routing}}},
	}
}

func mesh(routes ...string) *v1alpha1.AppMeshTrafficRouting {
	return &v1alpha1.AppMeshTrafficRouting{
		VirtualService: &v1alpha1.AppMeshVirtualService{Name: "web", Routes: routes},
		VirtualNodeGroup: &v1alpha1.AppMeshVirtualNodeGroup{
			CanaryVirtualNodeRef: &v1alpha1.AppMeshVirtualNodeReference{Name: "canary"},
			StableVirtualNodeRef: &v1alpha1.AppMeshVirtualNodeReference{Name: "stable"},
		},
	}
}

func TestForeignEntries(t *testing.T) {
	entrytest.Test(t, entrytest.Mesh{
		Renderer: appmesh.Renderer{},
		Rollout:  with(&v1alpha1.RolloutTrafficRouting{AppMesh: mesh("front", "back")}),
		Objects: func(t *rapid.T) []*unstructured.Unstructured {
			ref := map[string]any{"virtualRouter": map[string]any{"virtualRouterRef": map[string]any{"name": "router"}}}
			return []*unstructured.Unstructured{anyRouter(t), anyNode(t, "canary"), anyNode(t, "stable"), object("VirtualService", "web", map[string]any{"provider": ref})}
		},
		Shared: []string{"spec", "routes"},
		Ours:   ours,
	})
}

func ours(o *unstructured.Unstructured) []any {
	all := []any{o.GetAnnotations()[v1alpha1.ManagedByRolloutsKey]}
	unstructured.RemoveNestedField(o.Object, "metadata", "annotations", v1alpha1.ManagedByRolloutsKey)
	hash := []string{"spec", "podSelector", "matchLabels", v1alpha1.DefaultRolloutUniqueLabelKey}
	all = append(all, entry.Text(o.Object, hash...))
	unstructured.RemoveNestedField(o.Object, hash...)
	for _, route := range entry.Lists(o.Object, "spec", "routes") {
		if route["name"] != "front" && route["name"] != "back" {
			continue
		}
		for _, target := range entry.Lists(route, "httpRoute", "action", "weightedTargets") {
			if name := entry.Text(target, "virtualNodeRef", "name"); name == "canary" || name == "stable" {
				all = append(all, route["name"], name, target["weight"])
				delete(target, "weight")
			}
		}
	}
	return all
}

func object(kind, name string, spec map[string]any) *unstructured.Unstructured {
	metadata := map[string]any{"name": name, "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "appmesh.k8s.aws/v1beta2", "kind": kind, "metadata": metadata, "spec": spec}}
}

func anyNode(t *rapid.T, name string) *unstructured.Unstructured {
	labels := map[string]any{"app": "web"}
	if rapid.Bool().Draw(t, "hashed") {
		labels[v1alpha1.DefaultRolloutUniqueLabelKey] = "h1"
	}
	spec := entrytest.Fields(t)
	spec["podSelector"] = map[string]any{"matchLabels": labels}
	return object("VirtualNode", name, spec)
}

func anyRouter(t *rapid.T) *unstructured.Unstructured {
	var routes []any
	for i, name := range []string{"front", "back", "web", ""} {
		route := entrytest.Fields(t)
		if name != "" {
			route["name"] = name
		}
		targets := []any{anyTarget(t, "canary"), anyTarget(t, "stable")}
		for range rapid.IntRange(0, 2).Draw(t, "beside") {
			targets = append(targets, anyTarget(t, fmt.Sprint("beta-", i)))
		}
		route["httpRoute"] = map[string]any{"action": map[string]any{"weightedTargets": rapid.Permutation(targets).Draw(t, "targets")}}
		routes = append(routes, route)
	}
	spec := entrytest.Fields(t)
	spec["routes"] = rapid.Permutation(append(routes, "no map")).Draw(t, "routes")
	return object("VirtualRouter", "router", spec)
}

func anyTarget(t *rapid.T, node string) any {
	target := entrytest.Fields(t)
	target["virtualNodeRef"] = map[string]any{"name": node}
	target["weight"] = int64(rapid.IntRange(0, 100).Draw(t, "weight"))
	return target
}
