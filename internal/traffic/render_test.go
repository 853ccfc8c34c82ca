package traffic

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestClaimOverlaps(t *testing.T) {
	ref := func(version, kind, namespace, name string) Ref {
		return Ref{GroupVersionKind: schema.GroupVersionKind{Group: "networking.istio.io", Version: version, Kind: kind}, Namespace: namespace, Name: name}
	}
	web := ref("v1", "VirtualService", "shop", "web")
	cases := map[string]struct {
		a, b Claim
		want bool
	}{
		"the same part":                    {Claim{web, "http route a"}, Claim{web, "http route a"}, true},
		"the same part by another version": {Claim{web, "http route a"}, Claim{ref("v1beta1", "VirtualService", "shop", "web"), "http route a"}, true},
		"another part":                     {Claim{web, "http route a"}, Claim{web, "http route b"}, false},
		"any part against one":             {Claim{web, AnyPart}, Claim{web, "tcp 1"}, true},
		"one against any part":             {Claim{web, "tcp 1"}, Claim{web, AnyPart}, true},
		"another name":                     {Claim{web, AnyPart}, Claim{ref("v1", "VirtualService", "shop", "api"), AnyPart}, false},
		"another namespace":                {Claim{web, AnyPart}, Claim{ref("v1", "VirtualService", "edge", "web"), AnyPart}, false},
		"another kind":                     {Claim{web, AnyPart}, Claim{ref("v1", "DestinationRule", "shop", "web"), AnyPart}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.a.Overlaps(c.b); got != c.want {
				t.Errorf("overlaps: %v", got)
			}
		})
	}
}

// fixed renders what it is told.
type fixed struct {
	after []*unstructured.Unstructured
	err   error
}

func (fixed) Objects(*v1alpha1.Rollout) []Ref  { return nil }
func (fixed) Claims(*v1alpha1.Rollout) []Claim { return nil }
func (f fixed) Render(*v1alpha1.Rollout, []*unstructured.Unstructured, Routing) ([]*unstructured.Unstructured, error) {
	return f.after, f.err
}

func TestDifferences(t *testing.T) {
	same, before, after, made := object(t, "spec: {a: 1}"), object(t, "spec: {b: 1}"), object(t, "spec: {b: 2}"), object(t, "spec: {c: 1}")
	same.SetName("same")
	made.SetName("made")
	live := Live{Renderer: fixed{after: []*unstructured.Unstructured{made, same.DeepCopy(), after}}, Found: []*unstructured.Unstructured{before, same}}
	got, err := live.Differences(nil, Routing{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Change{{nil, made}, {before, after}}, got); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
	refused := errors.New("no")
	if _, err := (Live{Renderer: fixed{err: refused}}).Differences(nil, Routing{}); !errors.Is(err, refused) {
		t.Errorf("error: %v", err)
	}
}

func TestRoutingString(t *testing.T) {
	cases := map[string]struct {
		routing Routing
		want    string
	}{
		"weights":     {Routing{Total: 100, Canary: Destination{Weight: 10}, Stable: Destination{Weight: 90}}, "canary=10 stable=90"},
		"a finer sum": {Routing{Total: 1000, Stable: Destination{Weight: 1000}}, "canary=0 stable=1000 of=1000"},
		"everything": {
			Routing{Total: 100, Additional: []Destination{{Service: "exp", Weight: 5}}, Headers: []v1alpha1.SetHeaderRoute{{Name: "h"}}, Mirrors: []v1alpha1.SetMirrorRoute{{Name: "m"}}},
			"canary=0 stable=0 exp=5 header:h mirror:m",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.routing.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
