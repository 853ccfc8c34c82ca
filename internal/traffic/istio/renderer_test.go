package istio_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, istio.Renderer{}, "testdata", 48) }

func with(spec *v1alpha1.IstioTrafficRouting, managed ...v1alpha1.MangedRoutes) *v1alpha1.Rollout {
	routing := &v1alpha1.RolloutTrafficRouting{Istio: spec, ManagedRoutes: managed}
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"},
		Spec:       v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{TrafficRouting: routing}}},
	}
}

func TestObjectsAndClaims(t *testing.T) {
	cases := map[string]struct {
		renderer        istio.Renderer
		rollout         *v1alpha1.Rollout
		objects, claims []string
	}{
		"a Rollout without a strategy": {rollout: &v1alpha1.Rollout{}},
		"a Rollout without Istio":      {rollout: with(nil)},
		"one VirtualService without routes is claimed whole": {
			rollout: with(&v1alpha1.IstioTrafficRouting{VirtualService: &v1alpha1.IstioVirtualService{Name: "web"}}, v1alpha1.MangedRoutes{Name: "hdr"}),
			objects: []string{"v1 VirtualService shop/web"},
			claims:  []string{"VirtualService shop/web: *"},
		},
		"the DestinationRule comes first, subsets have default names": {
			renderer: istio.Renderer{Version: "v1beta1"},
			rollout: with(&v1alpha1.IstioTrafficRouting{
				VirtualService:  &v1alpha1.IstioVirtualService{Name: "web.edge", Routes: []string{"primary"}},
				DestinationRule: &v1alpha1.IstioDestinationRule{Name: "rule"},
			}, v1alpha1.MangedRoutes{Name: "hdr"}),
			objects: []string{"v1beta1 DestinationRule shop/rule", "v1beta1 VirtualService edge/web"},
			claims: []string{
				"DestinationRule shop/rule: subset canary", "DestinationRule shop/rule: subset stable",
				"VirtualService edge/web: http route primary", "VirtualService edge/web: http route hdr",
			},
		},
		"several VirtualServices, TLS and TCP": {
			rollout: with(&v1alpha1.IstioTrafficRouting{VirtualServices: []v1alpha1.IstioVirtualService{
				{Name: "a.edge.cluster.local", TLSRoutes: []v1alpha1.TLSRoute{{Port: 443, SNIHosts: []string{"y", "x"}}, {Port: 8443}}},
				{Name: "b.c.edge", TCPRoutes: []v1alpha1.TCPRoute{{Port: 5432}}},
			}}),
			objects: []string{"v1 VirtualService edge/a", "v1 VirtualService edge/b.c"},
			claims:  []string{"VirtualService edge/a: tls 443 x,y", "VirtualService edge/a: tls 8443", "VirtualService edge/b.c: tcp 5432"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var objects, claims []string
			for _, ref := range c.renderer.Objects(c.rollout) {
				objects = append(objects, ref.Version+" "+ref.String())
			}
			for _, claim := range c.renderer.Claims(c.rollout) {
				claims = append(claims, claim.Ref.String()+": "+claim.Part)
			}
			if diff := cmp.Diff(c.objects, objects) + cmp.Diff(c.claims, claims); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

// TestSharedObjectsInAnyOrder lets the three zones write in every order: the end is the same but for who stands in the annotation.
func TestSharedObjectsInAnyOrder(t *testing.T) {
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	var first []*unstructured.Unstructured
	for _, order := range orders {
		c := rendertest.Read(t, "testdata/zones-share-both-objects.in.yaml")
		for _, i := range order {
			want := c.Wants[i]
			changes, err := traffic.Live{Renderer: istio.Renderer{}, Found: c.Cluster.Read()}.Differences(c.Rollout(t, want.For), want.Routing)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range changes {
				if _, err := c.Cluster.Apply(change); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, o := range c.Cluster.Objects {
			o.SetAnnotations(nil)
		}
		if first == nil {
			first = c.Cluster.Objects
		}
		if diff := cmp.Diff(first, c.Cluster.Objects); diff != "" {
			t.Errorf("order %v ends otherwise (-%v +%v):\n%s", order, orders[0], order, diff)
		}
	}
	subsets, _, err := unstructured.NestedSlice(first[1].Object, "spec", "subsets")
	if err != nil || len(subsets) != 6 {
		t.Errorf("%d subsets (error %v)", len(subsets), err)
	}
}

// TestNumbersOfAnotherForm meets objects whose whole numbers were decoded as floating point.
func TestNumbersOfAnotherForm(t *testing.T) {
	destinations := []any{
		map[string]any{"destination": map[string]any{"host": "s"}, "weight": float64(90)},
		map[string]any{"destination": map[string]any{"host": "c"}, "weight": float64(10)},
	}
	shadow := map[string]any{
		"name": "shadow", "match": []any{map[string]any{"method": map[string]any{"exact": "GET"}}},
		"route": destinations, "mirror": map[string]any{"host": "c"}, "mirrorPercentage": map[string]any{"value": float64(100)},
	}
	found := kind("VirtualService", map[string]any{"http": []any{shadow, map[string]any{"name": "primary", "route": destinations}}})
	ro := with(&v1alpha1.IstioTrafficRouting{VirtualService: &v1alpha1.IstioVirtualService{Name: "web"}})
	want := traffic.Routing{
		Canary: traffic.Destination{Weight: 10, Service: "c"}, Stable: traffic.Destination{Weight: 90, Service: "s"}, Managed: []string{"shadow"},
		Mirrors: []v1alpha1.SetMirrorRoute{{Name: "shadow", Match: []v1alpha1.RouteMatch{{Method: &v1alpha1.StringMatch{Exact: "GET"}}}}},
	}
	changes, err := traffic.Live{Renderer: istio.Renderer{}, Found: []*unstructured.Unstructured{found}}.Differences(ro, want)
	if err != nil || len(changes) != 0 {
		t.Errorf("%d writes (error %v)", len(changes), err)
	}
}
