package gatewayapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// Renderer writes routes of the Gateway API.
type Renderer struct {
	// Namespaced leaves out Gateways and their classes, which a controller of one namespace may not list. What they say they support
	// is not looked at then.
	Namespaced bool
	// TCPRouteVersion and TLSRouteVersion are those that the cluster serves, such as v1alpha2; empty means v1.
	TCPRouteVersion, TLSRouteVersion string
}

var (
	_ traffic.Renderer  = Renderer{}
	_ traffic.Verifier  = Renderer{}
	_ traffic.Inspector = Renderer{}
)

// Objects names the routes, in the order of their fields, and all Gateways and GatewayClasses, which are only read.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	var refs []traffic.Ref
	for _, named := range v1alpha1.GatewayAPIRoutes(ro) {
		refs = append(refs, r.ref(named))
	}
	if len(refs) == 0 || r.Namespaced {
		return refs
	}
	return append(refs, traffic.Ref{GroupVersionKind: r.kind("Gateway"), Name: traffic.Any}, traffic.Ref{GroupVersionKind: r.kind("GatewayClass"), Name: traffic.Any})
}

// Claims are, in each route, "backends SERVICE/SERVICE" in the order of the alphabet, since two Services may take turns, and "rule NAME" for
// the managed rules and for one that is picked by its name. So Rollouts of different Services share a route.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	canary, stable := v1alpha1.CanaryServices(ro)
	pair := strings.Join(slices.Sorted(slices.Values([]string{canary, stable})), "/")
	var claims []traffic.Claim
	for _, named := range v1alpha1.GatewayAPIRoutes(ro) {
		ref := r.ref(named)
		claims = append(claims, traffic.Claim{Ref: ref, Part: "backends " + pair})
		if named.RuleName != "" {
			claims = append(claims, traffic.Claim{Ref: ref, Part: "rule " + named.RuleName})
		}
		if !matchesRequests(named.Kind) {
			continue
		}
		for _, managed := range ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
			claims = append(claims, traffic.Claim{Ref: ref, Part: "rule " + managed.Name})
		}
	}
	return claims
}

// Render returns the routes.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	if _, err := v1alpha1.GatewayAPIRouting(ro); err != nil {
		return nil, err
	}
	routes := v1alpha1.GatewayAPIRoutes(ro)
	if len(routes) == 0 {
		return nil, nil
	}
	canary, stable := v1alpha1.CanaryServices(ro)
	want.Canary.Service, want.Stable.Service = cmp.Or(want.Canary.Service, canary), cmp.Or(want.Stable.Service, stable)
	var all []*unstructured.Unstructured
	made := map[string]bool{}
	for _, named := range routes {
		before := traffic.Find(found, r.ref(named).Empty())
		if before == nil {
			text := fmt.Sprintf("%s `%s` not found as %s: create it in namespace %q, or correct the name",
				named.Kind, named.Name, r.kind(named.Kind).GroupVersion(), named.Namespace)
			return nil, field.Invalid(named.Path, named.Name, text)
		}
		edit := route{named: named, object: before.DeepCopy(), home: ro.Namespace, want: want, made: made}
		if err := edit.render(); err != nil {
			return nil, err
		}
		all = append(all, edit.object)
	}
	if err := nowhere(ro, want, made); err != nil {
		return nil, err
	}
	return all, nil
}

// nowhere refuses a header or mirror route for which no rule could be made: it would do nothing, and nobody would be told.
func nowhere(ro *v1alpha1.Rollout, want traffic.Routing, made map[string]bool) error {
	for i, managed := range ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
		isHeader := slices.ContainsFunc(want.Headers, func(h v1alpha1.SetHeaderRoute) bool { return h.Name == managed.Name && len(h.Match) > 0 })
		isMirror := slices.ContainsFunc(want.Mirrors, func(m v1alpha1.SetMirrorRoute) bool { return m.Name == managed.Name && len(m.Match) > 0 })
		if (!isHeader && !isMirror) || made[managed.Name] {
			continue
		}
		path := field.NewPath("spec", "strategy", "canary", "trafficRouting", "managedRoutes").Index(i).Child("name")
		text := "no request can match both it and a rule that leads to the two Services: change the match of its step"
		return field.Invalid(path, managed.Name, text)
	}
	return nil
}
