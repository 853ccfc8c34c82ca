package e2e

import (
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// router says where requests go, from what a mesh would read: never from the Rollout's own status.
type router interface {
	// weight is the canary's share in per cent; false without a router.
	weight(s *State) (int64, bool)
	// receivers are the hashes that get the two shares; false when pods stand for shares.
	receivers(s *State) (stable, canary string, ok bool)
	// words are what the two are called.
	words() (stable, canary string)
}

func (s *State) router(ro *v1alpha1.Rollout) router {
	if blueGreen := ro.Spec.Strategy.BlueGreen; blueGreen != nil {
		return previewed{services{blueGreen.ActiveService, blueGreen.PreviewService}}
	}
	canary := ro.Spec.Strategy.Canary
	services := services{canary.StableService, canary.CanaryService}
	switch {
	case canary.TrafficRouting == nil:
		return services
	case canary.PingPong != nil:
		services.stable, services.canary = canary.PingPong.PingService, canary.PingPong.PongService
		return pair{hosts{services, *canary.TrafficRouting.Istio.VirtualService}}
	case canary.TrafficRouting.Nginx != nil:
		return ingress{services, ro.Name + "-" + canary.TrafficRouting.Nginx.StableIngress + "-canary"}
	case len(v1alpha1.GatewayAPIRoutes(ro)) > 0:
		return backends{services, v1alpha1.GatewayAPIRoutes(ro)[0].Name}
	case canary.TrafficRouting.Istio.DestinationRule != nil:
		istio := canary.TrafficRouting.Istio
		return subsets{istio.VirtualService.Name, istio.DestinationRule.Name}
	default:
		istio := canary.TrafficRouting.Istio
		all := istio.VirtualServices
		if istio.VirtualService != nil {
			all = []v1alpha1.IstioVirtualService{*istio.VirtualService}
		}
		return hosts{services, all[0]}
	}
}

// services select pods; there may be none.
type services struct{ stable, canary string }

func (r services) weight(*State) (int64, bool) { return 0, false }

func (r services) receivers(s *State) (stable, canary string, ok bool) {
	return s.selected(r.stable), s.selected(r.canary), r.stable != ""
}

func (services) words() (stable, canary string) { return "stable", "canary" }

// previewed are the two Services of a blue-green strategy: whoever is active gets everything.
type previewed struct{ services }

func (previewed) words() (stable, canary string) { return "active", "preview" }

// ingress is a canary Ingress of nginx.
type ingress struct {
	services

	name string
}

func (r ingress) weight(s *State) (int64, bool) {
	found := s.ingress(r.name)
	if found == nil {
		return 0, true
	}
	weight, _ := strconv.ParseInt(found.Annotations["nginx.ingress.kubernetes.io/canary-weight"], 10, 64)
	return weight, true
}

// backends are two Services in a rule of an HTTPRoute.
type backends struct {
	services

	httpRoute string
}

func (r backends) weight(s *State) (int64, bool) {
	for _, rule := range rulesOf(s.object("HTTPRoute", r.httpRoute)) {
		weights := map[string]int64{}
		refs, _, _ := unstructured.NestedSlice(rule, "backendRefs")
		for _, entry := range refs {
			ref, _ := entry.(map[string]any)
			name, _, _ := unstructured.NestedString(ref, "name")
			weights[name], _, _ = unstructured.NestedInt64(ref, "weight")
		}
		_, leads := weights[r.stable]
		if weight, ok := weights[r.canary]; ok && leads { // a rule for a header leads to the canary alone
			return weight, true
		}
	}
	return 0, true
}

// rulesOf are the rules of an HTTPRoute in order.
func rulesOf(route *unstructured.Unstructured) []map[string]any {
	if route == nil {
		return nil
	}
	var all []map[string]any
	rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules")
	for _, entry := range rules {
		rule, _ := entry.(map[string]any)
		all = append(all, rule)
	}
	return all
}

// hosts are two Services in a route of a VirtualService.
type hosts struct {
	services

	virtualService v1alpha1.IstioVirtualService
}

func (r hosts) weight(s *State) (int64, bool) {
	name := ""
	if len(r.virtualService.Routes) > 0 {
		name = r.virtualService.Routes[0]
	}
	return share(route(s.object("VirtualService", r.virtualService.Name), name), "host", r.canary), true
}

// pair are two hosts that take turns. The share is that of the second one, whichever is stable: so nobody needs to be asked.
type pair struct{ hosts }

func (pair) words() (stable, canary string) { return "ping", "pong" }

// subsets are two subsets of one host.
type subsets struct{ virtualService, destinationRule string }

func (r subsets) weight(s *State) (int64, bool) {
	return share(route(s.object("VirtualService", r.virtualService), ""), "subset", "canary"), true
}

func (r subsets) receivers(s *State) (stable, canary string, ok bool) {
	rule := s.object("DestinationRule", r.destinationRule)
	return subsetHash(rule, "stable"), subsetHash(rule, "canary"), true
}

func (subsets) words() (stable, canary string) { return "stable", "canary" }

func subsetHash(rule *unstructured.Unstructured, name string) string {
	if rule == nil {
		return ""
	}
	subsets, _, _ := unstructured.NestedSlice(rule.Object, "spec", "subsets")
	for _, entry := range subsets {
		subset, _ := entry.(map[string]any)
		if subset["name"] == name {
			hash, _, _ := unstructured.NestedString(subset, "labels", v1alpha1.DefaultRolloutUniqueLabelKey)
			return hash
		}
	}
	return ""
}

// route returns the HTTP route of that name; the first for an empty name.
func route(vs *unstructured.Unstructured, name string) map[string]any {
	if vs == nil {
		return nil
	}
	routes, _, _ := unstructured.NestedSlice(vs.Object, "spec", "http")
	for _, entry := range routes {
		if fields, _ := entry.(map[string]any); name == "" || fields["name"] == name {
			return fields
		}
	}
	return nil
}

// share is the weight of the destination whose field has a value.
func share(route map[string]any, field, value string) int64 { return shares(route, field)[value] }

// shares are the weights of all destinations, by the value of a field.
func shares(route map[string]any, field string) map[string]int64 {
	found := map[string]int64{}
	destinations, _, _ := unstructured.NestedSlice(route, "route")
	for _, entry := range destinations {
		fields, _ := entry.(map[string]any)
		name, _, _ := unstructured.NestedString(fields, "destination", field)
		found[name], _, _ = unstructured.NestedInt64(fields, "weight")
	}
	return found
}
