package istio_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// One Rollout owns route "primary", subsets stable and canary, and the managed route "hdr" in both objects; the rest is foreign.

func rollout() *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{TrafficRouting: &v1alpha1.RolloutTrafficRouting{
			ManagedRoutes: []v1alpha1.MangedRoutes{{Name: "hdr"}},
			Istio: &v1alpha1.IstioTrafficRouting{
				VirtualService:  &v1alpha1.IstioVirtualService{Name: "web", Routes: []string{"primary"}},
				DestinationRule: &v1alpha1.IstioDestinationRule{Name: "web"},
			},
		}}}},
	}
}

func anyRouting(t *rapid.T) traffic.Routing {
	weight := int32(rapid.IntRange(0, 100).Draw(t, "weight"))
	want := traffic.Routing{
		Total: 100, Managed: []string{"hdr"},
		Canary: traffic.Destination{Weight: weight, Hash: rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "canary hash")},
		Stable: traffic.Destination{Weight: 100 - weight, Hash: rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "stable hash")},
	}
	if rapid.Bool().Draw(t, "header") {
		match := []v1alpha1.HeaderRoutingMatch{{HeaderName: "X-Canary", HeaderValue: &v1alpha1.StringMatch{Exact: "true"}}}
		want.Headers = []v1alpha1.SetHeaderRoute{{Name: "hdr", Match: match}}
	}
	return want
}

func anyFields(t *rapid.T) map[string]any {
	all := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "fields") {
		key := rapid.SampledFrom([]string{"timeout", "retries", "fault", "x~y/z"}).Draw(t, "key")
		all[key] = rapid.SampledFrom([]any{"5s", int64(3), 2.5, true, nil, []any{"a", int64(1)}, map[string]any{"b": "c"}}).Draw(t, "value")
	}
	return all
}

func to(host, subset string, weight int) any {
	return map[string]any{"destination": map[string]any{"host": host, "subset": subset}, "weight": int64(weight)}
}

func anyForeignRoute(t *rapid.T, i int) any {
	route := anyFields(t)
	if rapid.Bool().Draw(t, "named") {
		route["name"] = fmt.Sprint("foreign-", i)
	}
	route["route"] = []any{to("web", rapid.SampledFrom([]string{"stable", "canary", "beta"}).Draw(t, "subset"), rapid.IntRange(0, 100).Draw(t, "their weight"))}
	return route
}

func anyVirtualService(t *rapid.T) *unstructured.Unstructured {
	var routes []any
	for i := range rapid.IntRange(0, 4).Draw(t, "before") {
		routes = append(routes, anyForeignRoute(t, i))
	}
	primary := anyFields(t)
	primary["name"] = "primary"
	destinations := []any{to("web", "stable", rapid.IntRange(0, 100).Draw(t, "stable")), to("web.shop", "canary", rapid.IntRange(0, 100).Draw(t, "canary"))}
	for i := range rapid.IntRange(0, 2).Draw(t, "beside") {
		destinations = append(destinations, to("web", fmt.Sprint("beta-", i), rapid.IntRange(0, 40).Draw(t, "beside weight")))
	}
	primary["route"] = rapid.Permutation(destinations).Draw(t, "destinations")
	routes = append(routes, primary)
	for i := range rapid.IntRange(0, 3).Draw(t, "behind") {
		routes = append(routes, anyForeignRoute(t, 10+i))
	}
	spec := anyFields(t)
	spec["http"] = routes
	return kind("VirtualService", spec)
}

func anyDestinationRule(t *rapid.T) *unstructured.Unstructured {
	var subsets []any
	for _, name := range rapid.Permutation([]string{"stable", "canary", "beta", "stable-b"}).Draw(t, "subsets") {
		subset := anyFields(t)
		subset["name"] = name
		if rapid.Bool().Draw(t, "labels") {
			subset["labels"] = map[string]any{"app": "web", "rollouts-pod-template-hash": "h1"}
		}
		subsets = append(subsets, subset)
	}
	spec := anyFields(t)
	spec["host"], spec["subsets"] = "web", subsets
	return kind("DestinationRule", spec)
}

func kind(kind string, spec map[string]any) *unstructured.Unstructured {
	metadata := map[string]any{"name": "web", "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}}
}

// foreign is everything in an object but our own entries, as JSON.
func foreign(t *rapid.T, o *unstructured.Unstructured) string {
	o = o.DeepCopy()
	annotations := o.GetAnnotations()
	delete(annotations, v1alpha1.ManagedByRolloutsKey)
	o.SetAnnotations(annotations)
	spec := o.Object["spec"].(map[string]any)
	if routes, ok := spec["http"].([]any); ok {
		spec["http"] = foreignRoutes(routes)
	}
	subsets, _ := spec["subsets"].([]any)
	for _, raw := range subsets {
		subset := raw.(map[string]any)
		labels, _ := subset["labels"].(map[string]any)
		if subset["name"] == "stable" || subset["name"] == "canary" {
			delete(labels, v1alpha1.DefaultRolloutUniqueLabelKey)
		}
		if len(labels) == 0 {
			delete(subset, "labels")
		}
	}
	raw, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func foreignRoutes(routes []any) []any {
	var kept []any
	for _, raw := range routes {
		route := raw.(map[string]any)
		if route["name"] == "hdr" {
			continue
		}
		if route["name"] == "primary" {
			for _, d := range route["route"].([]any) {
				subset := d.(map[string]any)["destination"].(map[string]any)["subset"]
				if subset == "stable" || subset == "canary" {
					delete(d.(map[string]any), "weight")
				}
			}
		}
		kept = append(kept, route)
	}
	return kept
}

func TestForeignEntriesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cluster := rendertest.Cluster{Objects: []*unstructured.Unstructured{anyVirtualService(t), anyDestinationRule(t)}}
		untouched := cluster.Read()
		for range rapid.IntRange(1, 4).Draw(t, "turns") {
			follow(t, &cluster, anyRouting(t))
		}
		for i, object := range cluster.Objects {
			if diff := cmp.Diff(foreign(t, untouched[i]), foreign(t, object)); diff != "" {
				t.Fatalf("a foreign entry changed (-before +after):\n%s", diff)
			}
		}
	})
}

// follow writes one Routing, and checks that patches give what was rendered and that nothing is left to do.
func follow(t *rapid.T, cluster *rendertest.Cluster, want traffic.Routing) {
	changes, err := traffic.Live{Renderer: istio.Renderer{}, Found: cluster.Read()}.Differences(rollout(), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if patch, err := cluster.Apply(change); err != nil {
			t.Fatalf("%v: %s", err, patch)
		}
		if diff := cmp.Diff(change.After, traffic.Find(cluster.Objects, change.After)); diff != "" {
			t.Fatalf("(-rendered +patched) %s", diff)
		}
	}
	changes, err = traffic.Live{Renderer: istio.Renderer{}, Found: cluster.Read()}.Differences(rollout(), want)
	if err != nil || len(changes) > 0 {
		t.Fatalf("a second look finds %d writes (error %v)", len(changes), err)
	}
}

// TestWritersMeet lets a stranger edit the VirtualService between our read and our write. Either both edits stand, or ours is refused.
func TestWritersMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, rule := anyVirtualService(t), anyDestinationRule(t)
		live := before.DeepCopy()
		strangerEdits(t, live)
		want := anyRouting(t)
		found := []*unstructured.Unstructured{before, rule}
		changes, err := traffic.Live{Renderer: istio.Renderer{}, Found: found}.Differences(rollout(), want)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range changes {
			if change.After.GetKind() != "VirtualService" {
				continue
			}
			meet(t, live, change)
		}
	})
}

func meet(t *rapid.T, live *unstructured.Unstructured, change traffic.Change) {
	patch, err := change.Patch()
	if err != nil {
		t.Fatal(err)
	}
	got, err := rendertest.Patched(live, patch)
	if err != nil {
		return
	}
	if diff := cmp.Diff(foreign(t, live), foreign(t, got)); diff != "" {
		t.Fatalf("the stranger's edit was lost (-theirs +patched):\n%s\n%s", diff, patch)
	}
	if diff := cmp.Diff(ours(t, change.After), ours(t, got)); diff != "" {
		t.Fatalf("our edit went elsewhere (-rendered +patched):\n%s\n%s", diff, patch)
	}
}

// ours is the managed route and the weights of our two destinations.
func ours(t *rapid.T, o *unstructured.Unstructured) []any {
	var all []any
	for _, raw := range o.Object["spec"].(map[string]any)["http"].([]any) {
		route := raw.(map[string]any)
		if route["name"] == "hdr" {
			all = append(all, route)
		}
		if route["name"] != "primary" {
			continue
		}
		for _, d := range route["route"].([]any) {
			subset := d.(map[string]any)["destination"].(map[string]any)["subset"]
			if subset == "stable" || subset == "canary" {
				all = append(all, d)
			}
		}
	}
	if len(all) < 2 {
		t.Fatalf("our entries are gone: %v", o.Object)
	}
	return all
}

func strangerEdits(t *rapid.T, o *unstructured.Unstructured) {
	spec := o.Object["spec"].(map[string]any)
	routes := spec["http"].([]any)
	i := rapid.IntRange(0, len(routes)-1).Draw(t, "their place")
	switch rapid.IntRange(0, 3).Draw(t, "their edit") {
	case 0:
		routes[i].(map[string]any)["timeout"] = "77s"
	case 1:
		spec["http"] = append(routes[:i:i], append([]any{map[string]any{"name": "inserted"}}, routes[i:]...)...)
	case 2:
		spec["http"] = append(routes, map[string]any{"name": "appended"})
	case 3:
		if routes[i].(map[string]any)["name"] != "primary" {
			spec["http"] = append(routes[:i:i], routes[i+1:]...)
		}
	}
}
