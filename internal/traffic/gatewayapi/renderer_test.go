package gatewayapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, gatewayapi.Renderer{}, "testdata", 55) }

func TestObjectsAndClaims(t *testing.T) {
	cases := map[string]struct {
		renderer        gatewayapi.Renderer
		canary          string
		objects, claims []string
	}{
		"a Rollout without a router":   {canary: "{}"},
		"another router":               {canary: "trafficRouting: {nginx: {stableIngress: i}}"},
		"settings that cannot be read": {canary: "trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: 5}}}"},
		"one route, in another namespace": {
			canary:  "trafficRouting: {gatewayAPI: {namespace: infra, httpRoute: web, httpRouteRuleName: main}, managedRoutes: [{name: hdr}]}",
			objects: []string{"v1 HTTPRoute infra/web", "v1 Gateway /*", "v1 GatewayClass /*"},
			claims:  []string{"HTTPRoute infra/web: backends web-canary/web-stable", "HTTPRoute infra/web: rule main", "HTTPRoute infra/web: rule hdr"},
		},
		"a controller of one namespace, older versions, many routes in the block of the plugin": {
			renderer: gatewayapi.Renderer{Namespaced: true, TCPRouteVersion: "v1alpha2", TLSRouteVersion: "v1alpha3"},
			canary:   "trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {grpcRoute: g, httpRoutes: [{name: a}, {name: b}], tcpRoute: t, tlsRoutes: [{name: s}]}}, managedRoutes: [{name: hdr}]}",
			objects:  []string{"v1 HTTPRoute shop/a", "v1 HTTPRoute shop/b", "v1 GRPCRoute shop/g", "v1alpha2 TCPRoute shop/t", "v1alpha3 TLSRoute shop/s"},
			claims: []string{
				"HTTPRoute shop/a: backends web-canary/web-stable", "HTTPRoute shop/a: rule hdr",
				"HTTPRoute shop/b: backends web-canary/web-stable", "HTTPRoute shop/b: rule hdr",
				"GRPCRoute shop/g: backends web-canary/web-stable", "GRPCRoute shop/g: rule hdr",
				"TCPRoute shop/t: backends web-canary/web-stable", "TLSRoute shop/s: backends web-canary/web-stable",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro := asking(t, c.canary)
			var objects, claims []string
			for _, ref := range c.renderer.Objects(ro) {
				objects = append(objects, ref.Version+" "+ref.String())
			}
			for _, claim := range c.renderer.Claims(ro) {
				claims = append(claims, claim.Ref.String()+": "+claim.Part)
			}
			if diff := cmp.Diff(c.objects, objects) + cmp.Diff(c.claims, claims); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

// Services that take turns are claimed the same whichever is stable now.
func TestClaimsOfPingPong(t *testing.T) {
	ro := asking(t, "{pingPong: {pingService: b, pongService: a}, trafficRouting: {gatewayAPI: {tcpRoute: web}}}")
	first := gatewayapi.Renderer{}.Claims(ro)
	ro.Status.Canary.StablePingPong = v1alpha1.PPPing
	if diff := cmp.Diff(first, gatewayapi.Renderer{}.Claims(ro)); diff != "" || len(first) != 1 || first[0].Part != "backends a/b" {
		t.Errorf("%v %s", first, diff)
	}
}

// TestNumbersOfAnotherForm meets routes whose whole numbers were decoded as floating point.
func TestNumbersOfAnotherForm(t *testing.T) {
	stable := map[string]any{"group": "", "kind": "Service", "name": "web-stable", "port": float64(80), "weight": float64(90)}
	canary := map[string]any{"group": "", "kind": "Service", "name": "web-canary", "port": float64(80), "weight": float64(10)}
	header := map[string]any{
		"name":        "hdr",
		"matches":     []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": "/"}, "headers": []any{map[string]any{"type": "Exact", "name": "h", "value": "v"}}}},
		"backendRefs": []any{map[string]any{"group": "", "kind": "Service", "name": "web-canary", "port": float64(80), "weight": float64(1)}},
	}
	main := map[string]any{"backendRefs": []any{stable, canary}}
	found := object(t, "HTTPRoute", "shop", "web", "")
	found.Object["spec"] = map[string]any{"rules": []any{header, main}}
	want := traffic.Routing{
		Total: 100, Canary: traffic.Destination{Weight: 10}, Stable: traffic.Destination{Weight: 90}, Managed: []string{"hdr"},
		Headers: []v1alpha1.SetHeaderRoute{{Name: "hdr", Match: []v1alpha1.HeaderRoutingMatch{{HeaderName: "h", HeaderValue: &v1alpha1.StringMatch{Exact: "v"}}}}},
	}
	changes, err := traffic.Live{Renderer: gatewayapi.Renderer{}, Found: []*unstructured.Unstructured{found}}.Differences(asking(t, single), want)
	if err != nil || len(changes) != 0 {
		t.Errorf("%d writes (error %v)", len(changes), err)
	}
}
