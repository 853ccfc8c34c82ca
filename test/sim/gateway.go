package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

var httpRouteKind = schema.GroupKind{Group: gatewayapi.Group, Kind: "HTTPRoute"}

// served is what a gateway makes of an HTTPRoute.
type served struct {
	rules      []any     // as the gateway has taken them
	generation int64     // of the route that they are from
	since      time.Time // the moment from which on the route has been another one; zero when it is the same
}

// serve lets gateways take HTTPRoutes as they are, each GatewayLag after it changed, and report that.
func (w *World) serve() {
	for _, which := range w.Server.of(httpRouteKind) {
		route := unstructured.Unstructured{Object: w.Server.objects[which]}
		known := w.served[which.key.Name]
		if known.generation == route.GetGeneration() {
			continue
		}
		if known.since.IsZero() {
			known.since = w.Clock
		}
		if !w.Clock.Before(known.since.Add(w.GatewayLag)) {
			known = served{generation: route.GetGeneration()}
			known.rules, _, _ = unstructured.NestedSlice(route.Object, "spec", "rules")
			w.accept(which, known.generation)
		}
		w.served[which.key.Name] = known
	}
}

// serves is the next moment at which a gateway takes a route; zero for none.
func (w *World) serves() time.Time {
	var next time.Time
	for _, s := range w.served {
		if at := s.since.Add(w.GatewayLag); !s.since.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// accept writes what a gateway says of a route.
func (w *World) accept(which id, generation int64) {
	before := w.Server.objects[which]
	after := runtime.DeepCopyJSON(before)
	parents, _, _ := unstructured.NestedSlice(after, "spec", "parentRefs")
	var told []any
	for _, parent := range parents {
		var conditions []any
		for _, kind := range []string{"Accepted", "ResolvedRefs"} {
			conditions = append(conditions, map[string]any{"type": kind, "status": "True", "reason": kind, "observedGeneration": generation})
		}
		told = append(told, map[string]any{"parentRef": parent, "controllerName": "example.com/gateway", "conditions": conditions})
	}
	after["status"] = map[string]any{"parents": told}
	w.Server.put(which, before, after)
}

// gatewayFlows follow the rules of HTTPRoutes that have a backend of ours, as they are written.
func (w *World) gatewayFlows() []Flow {
	var flows []Flow
	for _, which := range w.Server.of(httpRouteKind) {
		rules, _, _ := unstructured.NestedSlice(w.Server.objects[which], "spec", "rules")
		flows = append(flows, w.ruleFlows(which.key.Name, rules)...)
	}
	return flows
}

// servedFlows are the same as the gateways have taken them.
func (w *World) servedFlows() []Flow {
	var flows []Flow
	for _, name := range slices.Sorted(maps.Keys(w.served)) {
		flows = append(flows, w.ruleFlows(name, w.served[name].rules)...)
	}
	return flows
}

func (w *World) ruleFlows(route string, rules []any) []Flow {
	var flows []Flow
	for _, rule := range rules {
		flow := Flow{
			Place:  strings.TrimSpace("rule "+text(rule, "name")) + " of HTTPRoute " + route,
			Shares: map[string]int64{}, By: map[string]int64{}, Want: int64(v1alpha1.MaxTrafficWeight(w.Rollout())),
		}
		if w.backends(rule, func(service string, weight int64) { flow.add(w, service, weight); flow.Total += weight }) {
			flows = append(flows, flow)
		}
	}
	return flows
}

// backends visits those of a rule, and tells whether any is ours.
func (w *World) backends(rule any, visit func(service string, weight int64)) bool {
	ours := false
	refs, _, _ := unstructured.NestedSlice(rule.(map[string]any), "backendRefs")
	for _, ref := range refs {
		weight, given, _ := unstructured.NestedInt64(ref.(map[string]any), "weight")
		if !given {
			weight = 1
		}
		visit(text(ref, "name"), weight)
		ours = ours || slices.Contains(v1alpha1.ServiceNames(w.Rollout()), text(ref, "name"))
	}
	return ours
}

// podsOutliveRequests: no write takes pods of a revision that a gateway still needs for what it sends there, whatever its route says by now. A
// pod may get up to overload times its own for a while.
func (l *Laws) podsOutliveRequests(w *World) error {
	ro := w.Rollout()
	if ro == nil || l.view.seen == nil {
		return nil
	}
	replicas := int64(min(v1alpha1.Replicas(ro), v1alpha1.Replicas(l.view.seen)))
	for _, flow := range w.servedFlows() {
		for _, rs := range w.ReplicaSets() {
			hash, asked := revision.HashOf(rs), revision.Replicas(rs)
			taken := asked < min(l.view.asked[hash], l.view.ready[hash])
			if share := flow.Shares[hash]; taken && overload*int64(asked)*flow.Want < share*replicas {
				return fmt.Errorf("the gateway still sends %d of %d to %s, of whose pods all but %d are taken", share, flow.Want, w.Label(hash), asked)
			}
		}
	}
	return nil
}
