package gatewayapi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// Two Rollouts, a and b, share one HTTPRoute with people. Rollout a owns the weights of a-stable and a-canary in rules that have both, entries
// of its experiment a-try, and the rules a-hdr and a-mir; b likewise. The rest is foreign.

func owner(name string) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: name + "-canary", StableService: name + "-stable",
			TrafficRouting: &v1alpha1.RolloutTrafficRouting{
				ManagedRoutes: []v1alpha1.MangedRoutes{{Name: name + "-hdr"}, {Name: name + "-mir"}},
				GatewayAPI:    &v1alpha1.GatewayAPITrafficRouting{HTTPRoute: "web"},
			},
		}}},
	}
}

func anyRouting(t *rapid.T, owner string) traffic.Routing {
	total := rapid.SampledFrom([]int32{100, 1000}).Draw(t, "total")
	canary := rapid.Int32Range(0, total).Draw(t, "weight")
	want := traffic.Routing{
		Total: total, Managed: []string{owner + "-hdr", owner + "-mir"}, Former: []string{owner + "-try"},
		Canary: traffic.Destination{Weight: canary}, Stable: traffic.Destination{Weight: total - canary},
	}
	if share := rapid.Int32Range(0, want.Stable.Weight).Draw(t, "share"); rapid.Bool().Draw(t, "experiment") {
		want.Additional = []traffic.Destination{{Service: owner + "-try", Weight: share}}
		want.Stable.Weight -= share
	}
	if rapid.Bool().Draw(t, "header") {
		value := &v1alpha1.StringMatch{Exact: rapid.SampledFrom([]string{"true", "always"}).Draw(t, "value")}
		match := []v1alpha1.HeaderRoutingMatch{{HeaderName: "X-Canary", HeaderValue: value}}
		want.Headers = []v1alpha1.SetHeaderRoute{{Name: owner + "-hdr", Match: match}}
	}
	if rapid.Bool().Draw(t, "mirror") {
		match := []v1alpha1.RouteMatch{{Path: &v1alpha1.StringMatch{Prefix: "/"}, Method: &v1alpha1.StringMatch{Exact: "GET"}}}
		percentage := rapid.Int32Range(0, 100).Draw(t, "percentage")
		want.Mirrors = []v1alpha1.SetMirrorRoute{{Name: owner + "-mir", Match: match, Percentage: &percentage}}
	}
	return want
}

func anyFields(t *rapid.T) map[string]any {
	all := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "fields") {
		key := rapid.SampledFrom([]string{"timeouts", "retry", "sessionPersistence", "x~y/z"}).Draw(t, "key")
		all[key] = rapid.SampledFrom([]any{"5s", int64(3), 2.5, true, []any{"a", int64(1)}, map[string]any{"b": "c"}}).Draw(t, "value")
	}
	return all
}

func backend(t *rapid.T, service string) any {
	return map[string]any{"group": "", "kind": "Service", "name": service, "port": int64(80), "weight": rapid.Int64Range(0, 100).Draw(t, "weight of "+service)}
}

func anyRule(t *rapid.T, i int, services ...string) any {
	rule := anyFields(t)
	if rapid.Bool().Draw(t, "named") {
		rule["name"] = fmt.Sprint("rule-", i)
	}
	rule["matches"] = []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": fmt.Sprint("/", i)}}}
	refs := []any{}
	for _, service := range rapid.Permutation(services).Draw(t, "backends") {
		refs = append(refs, backend(t, service))
	}
	rule["backendRefs"] = refs
	return rule
}

func anyRoute(t *rapid.T) *unstructured.Unstructured {
	whole := [][]string{{"a-stable", "a-canary"}, {"b-stable", "b-canary"}}
	for range rapid.IntRange(0, 3).Draw(t, "more") {
		whole = append(whole, rapid.SampledFrom([][]string{
			{"a-stable", "a-canary", "other"}, {"b-stable", "b-canary"}, {"a-stable"}, {"b-canary", "other"}, {"other"}, {"a-try", "b-try"}, {},
		}).Draw(t, "services"))
	}
	var rules []any
	for i, services := range rapid.Permutation(whole).Draw(t, "order") {
		rules = append(rules, anyRule(t, i, services...))
	}
	spec := anyFields(t)
	spec["rules"], spec["hostnames"] = rules, []any{"a.example.com"}
	metadata := map[string]any{"name": "web", "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}}
}

func rules(o *unstructured.Unstructured) []map[string]any {
	var all []map[string]any
	for _, raw := range o.Object["spec"].(map[string]any)["rules"].([]any) {
		all = append(all, raw.(map[string]any))
	}
	return all
}

func refs(rule map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	list, _ := rule["backendRefs"].([]any)
	for _, raw := range list {
		all[raw.(map[string]any)["name"].(string)] = raw.(map[string]any)
	}
	return all
}

// owns tells whether a rule belongs whole to a Rollout.
func owns(rule map[string]any, owner string) bool {
	name, _ := rule["name"].(string)
	return strings.HasPrefix(name, owner+"-hdr") || strings.HasPrefix(name, owner+"-mir")
}

// without is an object as JSON without what the owners may write, and what each of them finds as its own.
func without(t *rapid.T, o *unstructured.Unstructured, owners ...string) string {
	o = o.DeepCopy()
	var kept []any
	for _, rule := range rules(o) {
		if slices.ContainsFunc(owners, func(owner string) bool { return owns(rule, owner) }) {
			continue
		}
		for _, owner := range owners {
			strip(rule, owner)
		}
		kept = append(kept, rule)
	}
	o.Object["spec"].(map[string]any)["rules"] = kept
	raw, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func strip(rule map[string]any, owner string) {
	found := refs(rule)
	if found[owner+"-stable"] == nil || found[owner+"-canary"] == nil {
		return
	}
	delete(found[owner+"-stable"], "weight")
	delete(found[owner+"-canary"], "weight")
	rule["backendRefs"] = slices.DeleteFunc(rule["backendRefs"].([]any), func(raw any) bool { return raw.(map[string]any)["name"] == owner+"-try" })
}

// write makes the route follow one Routing, and checks the patch, that a second look finds nothing, and the weights.
func write(t *rapid.T, cluster *rendertest.Cluster, owner string, ro *v1alpha1.Rollout, want traffic.Routing) {
	changes, err := traffic.Live{Renderer: gatewayapi.Renderer{}, Found: cluster.Read()}.Differences(ro, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if patch, err := cluster.Apply(change); err != nil {
			t.Fatalf("%v: %s", err, patch)
		}
		if diff := cmp.Diff(change.After, cluster.Objects[0]); diff != "" {
			t.Fatalf("(-rendered +patched) %s", diff)
		}
	}
	settled(t, cluster, ro, want)
	for _, rule := range rules(cluster.Objects[0].DeepCopy()) {
		complete(t, rule)
		weights(t, rule, owner, want)
	}
}

// complete wants of a rule what an API server would fill in: it would differ from what we want for ever.
func complete(t *rapid.T, rule map[string]any) {
	all := []any{rule["backendRefs"]}
	for _, raw := range rule["matches"].([]any) {
		match := raw.(map[string]any)
		path, _ := match["path"].(map[string]any)
		if path["type"] == nil || path["value"] == nil {
			t.Fatalf("path: %v", rule)
		}
		headers, _ := match["headers"].([]any)
		for _, header := range headers {
			if header.(map[string]any)["type"] == nil {
				t.Fatalf("header: %v", rule)
			}
		}
	}
	filters, _ := rule["filters"].([]any)
	for _, raw := range filters {
		mirror := raw.(map[string]any)["requestMirror"].(map[string]any)
		mirror["backendRef"].(map[string]any)["weight"] = int64(1) // mirrors have none
		all = append(all, []any{mirror["backendRef"]})
	}
	for _, list := range all {
		for _, raw := range list.([]any) {
			if ref := raw.(map[string]any); ref["group"] != "" || ref["kind"] != "Service" || ref["weight"] == nil {
				t.Fatalf("reference: %v", rule)
			}
		}
	}
}

func settled(t *rapid.T, cluster *rendertest.Cluster, ro *v1alpha1.Rollout, want traffic.Routing) {
	changes, err := traffic.Live{Renderer: gatewayapi.Renderer{}, Found: cluster.Read()}.Differences(ro, want)
	if err != nil || len(changes) > 0 {
		t.Fatalf("a second look of %s finds %d writes (error %v)", ro.Name, len(changes), err)
	}
}

// weights of a rule that leads to both Services add up to the whole, header rules lead to the canary alone, and mirrors go there.
func weights(t *rapid.T, rule map[string]any, owner string, want traffic.Routing) {
	found := refs(rule)
	name, _ := rule["name"].(string)
	if strings.HasPrefix(name, owner+"-hdr") {
		if len(want.Headers) == 0 || len(found) != 1 || found[owner+"-canary"] == nil {
			t.Fatalf("header rule: %v", rule)
		}
		return
	}
	if strings.HasPrefix(name, owner+"-mir") && len(want.Mirrors) == 0 {
		t.Fatalf("a mirror rule that nobody wants: %v", rule)
	}
	if found[owner+"-stable"] == nil || found[owner+"-canary"] == nil {
		return
	}
	sum := int64(0)
	for _, service := range []string{owner + "-stable", owner + "-canary", owner + "-try"} {
		if ref := found[service]; ref != nil {
			sum += ref["weight"].(int64)
		}
	}
	if sum != int64(want.Total) || found[owner+"-canary"]["weight"] != int64(want.Canary.Weight) {
		t.Fatalf("weights of %s for %s: %v", owner, want, rule)
	}
}

func TestForeignEntriesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cluster := rendertest.Cluster{Objects: []*unstructured.Unstructured{anyRoute(t)}}
		untouched := without(t, cluster.Objects[0], "a", "b")
		for range rapid.IntRange(1, 5).Draw(t, "turns") {
			who := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "who")
			others := without(t, cluster.Objects[0], who)
			write(t, &cluster, who, owner(who), anyRouting(t, who))
			if diff := cmp.Diff(others, without(t, cluster.Objects[0], who)); diff != "" {
				t.Fatalf("%s changed what is not its own (-before +after):\n%s", who, diff)
			}
		}
		if diff := cmp.Diff(untouched, without(t, cluster.Objects[0], "a", "b")); diff != "" {
			t.Fatalf("a foreign entry changed (-before +after):\n%s", diff)
		}
	})
}

// TestTwoRolloutsComeToRest lets both follow their Routing in turn: one round later neither finds anything to do, and their claims are
// their own.
func TestTwoRolloutsComeToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cluster := rendertest.Cluster{Objects: []*unstructured.Unstructured{anyRoute(t)}}
		wantA, wantB := anyRouting(t, "a"), anyRouting(t, "b")
		write(t, &cluster, "a", owner("a"), wantA)
		write(t, &cluster, "b", owner("b"), wantB)
		settled(t, &cluster, owner("a"), wantA)
		settled(t, &cluster, owner("b"), wantB)
		for _, mine := range (gatewayapi.Renderer{}).Claims(owner("a")) {
			for _, theirs := range (gatewayapi.Renderer{}).Claims(owner("b")) {
				if mine.Overlaps(theirs) {
					t.Fatalf("%v overlaps %v", mine, theirs)
				}
			}
		}
	})
}

// TestWritersMeet lets the other Rollout, or a person, write between our read and our write. Either both edits stand, or ours is refused.
func TestWritersMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyRoute(t)
		want := anyRouting(t, "a")
		changes, err := traffic.Live{Renderer: gatewayapi.Renderer{}, Found: []*unstructured.Unstructured{before}}.Differences(owner("a"), want)
		if err != nil {
			t.Fatal(err)
		}
		live := rendertest.Cluster{Objects: []*unstructured.Unstructured{before.DeepCopy()}}
		if rapid.Bool().Draw(t, "a person") {
			strangerEdits(t, live.Objects[0])
		} else {
			write(t, &live, "b", owner("b"), anyRouting(t, "b"))
		}
		theirs := without(t, live.Objects[0], "a")
		for _, change := range changes {
			if _, err := live.Apply(change); err != nil {
				return
			}
			if diff := cmp.Diff(theirs, without(t, live.Objects[0], "a")); diff != "" {
				t.Fatalf("their edit was lost (-theirs +patched):\n%s", diff)
			}
			for _, rule := range rules(live.Objects[0]) {
				weights(t, rule, "a", want)
			}
		}
	})
}

// strangerEdits leaves a rule with both Services of a alone, so that what a writes has a place still.
func strangerEdits(t *rapid.T, o *unstructured.Unstructured) {
	spec := o.Object["spec"].(map[string]any)
	all := spec["rules"].([]any)
	i := rapid.IntRange(0, len(all)-1).Draw(t, "their place")
	inserted := map[string]any{"matches": []any{map[string]any{"path": map[string]any{"type": "Exact", "value": "/inserted"}}}}
	switch rapid.IntRange(0, 3).Draw(t, "their edit") {
	case 0:
		all[i].(map[string]any)["timeouts"] = "77s"
	case 1:
		spec["rules"] = slices.Insert(slices.Clone(all), i, any(inserted))
	case 2:
		spec["rules"] = append(slices.Clone(all), inserted)
	case 3:
		if found := refs(all[i].(map[string]any)); found["a-stable"] == nil || found["a-canary"] == nil {
			spec["rules"] = slices.Delete(slices.Clone(all), i, i+1)
		}
	}
}
