package entrytest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// Mesh is a Renderer, and objects that a Rollout shares with strangers.
type Mesh struct {
	Renderer traffic.Renderer
	Rollout  *v1alpha1.Rollout
	// Objects are what the Rollout needs, with anything that strangers may have written beside.
	Objects func(*rapid.T) []*unstructured.Unstructured
	// Shared is the list of the first object in which strangers write while we do.
	Shared []string
	// Ours takes the Rollout's entries out of an object and returns them.
	Ours func(*unstructured.Unstructured) []any
}

// Test lets rapid look for an entry that is lost.
func Test(t *testing.T, m Mesh) {
	t.Run("foreign entries survive", func(t *testing.T) { rapid.Check(t, m.survive) })
	t.Run("writers meet", func(t *testing.T) { rapid.Check(t, m.meet) })
}

// Fields are any fields that a stranger may add to an entry.
func Fields(t *rapid.T) map[string]any {
	all := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "fields") {
		key := rapid.SampledFrom([]string{"timeout", "retries", "x~y/z"}).Draw(t, "key")
		all[key] = rapid.SampledFrom([]any{"5s", int64(3), 2.5, true, []any{"a", int64(1)}, map[string]any{"b": "c"}}).Draw(t, "value")
	}
	return all
}

func (m Mesh) routing(t *rapid.T) traffic.Routing {
	weight := int32(rapid.IntRange(0, 100).Draw(t, "weight"))
	want := traffic.Routing{
		Total:  100,
		Canary: traffic.Destination{Weight: weight, Hash: rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "canary hash")},
		Stable: traffic.Destination{Weight: 100 - weight, Hash: rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "stable hash")},
	}
	for _, managed := range entry.Routing(m.Rollout).ManagedRoutes {
		want.Managed = append(want.Managed, managed.Name)
		if rapid.Bool().Draw(t, "header") {
			match := []v1alpha1.HeaderRoutingMatch{{HeaderName: "X-Canary", HeaderValue: &v1alpha1.StringMatch{Exact: "true"}}}
			want.Headers = append(want.Headers, v1alpha1.SetHeaderRoute{Name: managed.Name, Match: match})
		}
	}
	return want
}

func (m Mesh) survive(t *rapid.T) {
	cluster := rendertest.Cluster{Objects: m.Objects(t)}
	untouched := cluster.Read()
	for range rapid.IntRange(1, 4).Draw(t, "turns") {
		m.follow(t, &cluster, m.routing(t))
	}
	for _, before := range untouched {
		if diff := cmp.Diff(m.foreign(t, before), m.foreign(t, traffic.Find(cluster.Objects, before))); diff != "" {
			t.Fatalf("a foreign entry changed (-before +after):\n%s", diff)
		}
	}
}

// follow writes one Routing, and checks that patches give what was rendered and that nothing is left to do.
func (m Mesh) follow(t *rapid.T, cluster *rendertest.Cluster, want traffic.Routing) {
	for _, change := range m.changes(t, cluster.Read(), want) {
		if patch, err := cluster.Apply(change); err != nil {
			t.Fatalf("%v: %s", err, patch)
		}
		if diff := cmp.Diff(change.After, traffic.Find(cluster.Objects, change.Object())); diff != "" {
			t.Fatalf("(-rendered +patched) %s", diff)
		}
	}
	if left := m.changes(t, cluster.Read(), want); len(left) > 0 {
		t.Fatalf("a second look finds %d writes", len(left))
	}
}

func (m Mesh) changes(t *rapid.T, found []*unstructured.Unstructured, want traffic.Routing) []traffic.Change {
	changes, err := traffic.Live{Renderer: m.Renderer, Found: found}.Differences(m.Rollout, want)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// meet lets a stranger edit the first object between our read and our write. Either both edits stand, or ours is refused.
func (m Mesh) meet(t *rapid.T) {
	found := m.Objects(t)
	live := found[0].DeepCopy()
	m.edit(t, live)
	for _, change := range m.changes(t, found, m.routing(t)) {
		if change.Before == nil || change.After == nil || traffic.Find(found[:1], change.After) == nil {
			continue
		}
		patch, err := change.Patch()
		if err != nil {
			t.Fatal(err)
		}
		got, err := rendertest.Patched(live, patch)
		if err != nil {
			continue
		}
		if diff := cmp.Diff(m.foreign(t, live), m.foreign(t, got)); diff != "" {
			t.Fatalf("the stranger's edit was lost (-theirs +patched):\n%s\n%s", diff, patch)
		}
		if diff := cmp.Diff(m.Ours(change.After.DeepCopy()), m.Ours(got)); diff != "" {
			t.Fatalf("our edit went elsewhere (-rendered +patched):\n%s\n%s", diff, patch)
		}
	}
}

// edit is what a stranger does to the shared list.
func (m Mesh) edit(t *rapid.T, o *unstructured.Unstructured) {
	list := slices.Clone(entry.List(o.Object, m.Shared...))
	i := rapid.IntRange(0, len(list)-1).Draw(t, "their place")
	switch rapid.IntRange(0, 3).Draw(t, "their edit") {
	case 0:
		if fields, ok := list[i].(map[string]any); ok {
			fields["stranger"] = "was here"
		}
	case 1:
		list = slices.Insert(list, i, any(map[string]any{"name": "inserted"}))
	case 2:
		list = append(list, map[string]any{"name": "appended"})
	case 3:
		list = slices.Delete(list, i, i+1)
	}
	if err := unstructured.SetNestedSlice(o.Object, list, m.Shared...); err != nil {
		t.Fatal(err)
	}
}

// foreign is everything in an object but our own entries, as JSON.
func (m Mesh) foreign(t *rapid.T, o *unstructured.Unstructured) string {
	o = o.DeepCopy()
	m.Ours(o)
	if len(o.GetAnnotations()) == 0 {
		unstructured.RemoveNestedField(o.Object, "metadata", "annotations")
	}
	raw, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
