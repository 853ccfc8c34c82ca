package ambassador_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/ambassador"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// walk is a Rollout with two Mappings that it copies, in a cluster with Mappings of strangers.
type walk struct {
	ro      *v1alpha1.Rollout
	cluster rendertest.Cluster
}

// TestForeignMappings walks a Rollout through any weights. Whatever it does, the Mappings that it copies and those of strangers, one of which may
// have the name of a copy, stay what they are; each copy is there exactly while the canary has a share, and says what the copied one says.
func TestForeignMappings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := walk{ro: rolloutOf("front", "back")}
		w.cluster.Objects = []*unstructured.Unstructured{anyMapping(t, "front", "web-stable.shop:80"), anyMapping(t, "back", "https://web-stable"), anyMapping(t, "beta", "web-canary")}
		taken := rapid.Bool().Draw(t, "a stranger has the name of a copy")
		if taken {
			w.cluster.Objects = append(w.cluster.Objects, owned(anyMapping(t, "front-canary", "elsewhere"), "uid-stranger"))
		}
		untouched := w.cluster.Read()
		for range rapid.IntRange(1, 4).Draw(t, "turns") {
			w.turn(t, int32(rapid.IntRange(0, 100).Draw(t, "weight")), taken)
		}
		for _, before := range untouched {
			if diff := cmp.Diff(before, traffic.Find(w.cluster.Objects, before)); diff != "" {
				t.Fatalf("somebody else's Mapping changed (-before +after):\n%s", diff)
			}
		}
	})
}

// turn writes one weight and looks at the copies.
func (w *walk) turn(t *rapid.T, weight int32, taken bool) {
	want := traffic.Routing{Total: 100, Canary: traffic.Destination{Weight: weight}, Stable: traffic.Destination{Weight: 100 - weight}}
	changes, err := w.look(want)
	if refused := taken && weight > 0; refused != (err != nil) {
		t.Fatalf("weight %d: error %v", weight, err)
	}
	if err != nil {
		return
	}
	for _, change := range changes {
		if patch, err := w.cluster.Apply(change); err != nil {
			t.Fatalf("%v: %s", err, patch)
		}
	}
	if left, err := w.look(want); err != nil || len(left) > 0 {
		t.Fatalf("a second look finds %d writes, error %v", len(left), err)
	}
	services := map[string]string{"back": "https://web-canary"}
	if !taken {
		services["front"] = "web-canary.shop:80"
	}
	for name, service := range services {
		if diff := cmp.Diff(w.copied(name, service, weight), w.spec(name+"-canary")); diff != "" {
			t.Fatalf("the copy of %s (-want +got):\n%s", name, diff)
		}
	}
}

func (w *walk) look(want traffic.Routing) ([]traffic.Change, error) {
	return traffic.Live{Renderer: ambassador.Renderer{}, Found: w.cluster.Read()}.Differences(w.ro, want)
}

// copied is what the copy of a Mapping has to say; nil where there is to be none.
func (w *walk) copied(name, service string, weight int32) map[string]any {
	if weight == 0 {
		return nil
	}
	spec := runtime.DeepCopyJSON(w.spec(name))
	spec["service"], spec["weight"] = service, int64(weight)
	return spec
}

func (w *walk) spec(name string) map[string]any {
	i := slices.IndexFunc(w.cluster.Objects, func(o *unstructured.Unstructured) bool { return o.GetName() == name })
	if i < 0 {
		return nil
	}
	return w.cluster.Objects[i].Object["spec"].(map[string]any)
}

func rolloutOf(mappings ...string) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: "web-canary", StableService: "web-stable",
			TrafficRouting: &v1alpha1.RolloutTrafficRouting{Ambassador: &v1alpha1.AmbassadorTrafficRouting{Mappings: mappings}},
		}}},
	}
}

func anyMapping(t *rapid.T, name, service string) *unstructured.Unstructured {
	spec := entrytest.Fields(t)
	spec["prefix"], spec["service"] = "/"+name, service
	metadata := map[string]any{"name": name, "namespace": "shop", "annotations": map[string]any{"theirs": "kept"}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "getambassador.io/v2", "kind": "Mapping", "metadata": metadata, "spec": spec}}
}

func owned(object *unstructured.Unstructured, uid types.UID) *unstructured.Unstructured {
	owner := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "stranger", UID: uid}}
	object.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.RolloutGVK)})
	return object
}
