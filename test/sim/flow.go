package sim

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Flow is where the requests that come in at one place go.
type Flow struct {
	Place  string           // such as "http route primary of VirtualService web"
	Shares map[string]int64 // by the hash of the revision; the empty one stands for any pod
	By     map[string]int64 // by the Service that gets them, where one does
	Total  int64            // what the weights add up to
	Want   int64            // what they should add up to
}

var (
	virtualServiceKind  = schema.GroupKind{Group: "networking.istio.io", Kind: "VirtualService"}
	destinationRuleKind = schema.GroupKind{Group: "networking.istio.io", Kind: "DestinationRule"}
	ingressKind         = schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}
)

// Flows follows the objects as a proxy would, from the router through subsets and Services to revisions.
func (w *World) Flows() []Flow {
	ro := w.Rollout()
	if ro == nil {
		return nil
	}
	if blueGreen := ro.Spec.Strategy.BlueGreen; blueGreen != nil {
		return []Flow{{Place: "Service " + blueGreen.ActiveService, Shares: map[string]int64{w.selects(blueGreen.ActiveService): 100}, Total: 100, Want: 100}}
	}
	canary := ro.Spec.Strategy.Canary
	switch {
	case canary.TrafficRouting == nil && canary.StableService != "":
		return []Flow{{Place: "Service " + canary.StableService, Shares: map[string]int64{w.selects(canary.StableService): 100}, Total: 100, Want: 100}}
	case canary.TrafficRouting == nil:
		return nil
	case canary.TrafficRouting.Nginx != nil:
		return w.ingressFlows(canary)
	case canary.TrafficRouting.GatewayAPI != nil:
		return w.gatewayFlows()
	default:
		return w.meshFlows()
	}
}

// add sends requests to a Service.
func (f Flow) add(w *World, service string, weight int64) {
	f.Shares[w.selects(service)] += weight
	f.By[service] += weight
}

// selects is the hash that a Service selects; empty for any pod.
func (w *World) selects(service string) string {
	if found := w.Service(service); found != nil {
		return found.Spec.Selector[v1alpha1.DefaultRolloutUniqueLabelKey]
	}
	return ""
}

func (w *World) ingressFlows(canary *v1alpha1.CanaryStrategy) []Flow {
	var flows []Flow
	for _, which := range w.Server.of(ingressKind) {
		object := unstructured.Unstructured{Object: w.Server.objects[which]}
		if object.GetAnnotations()["nginx.ingress.kubernetes.io/canary"] != "true" {
			continue
		}
		total := v1alpha1.MaxTrafficWeight(w.Rollout())
		weight, err := strconv.ParseInt(object.GetAnnotations()["nginx.ingress.kubernetes.io/canary-weight"], 10, 64)
		if err != nil {
			weight = -1
		}
		flow := Flow{Place: "Ingress " + which.key.Name, Shares: map[string]int64{}, By: map[string]int64{}, Total: int64(total), Want: int64(total)}
		if weight < 0 || weight > int64(total) {
			flow.Total = weight
		}
		flow.add(w, canary.CanaryService, weight)
		flow.add(w, canary.StableService, int64(total)-weight)
		flows = append(flows, flow)
	}
	return flows
}

func (w *World) meshFlows() []Flow {
	var flows []Flow
	for _, which := range w.Server.of(virtualServiceKind) {
		for _, kind := range []string{"http", "tls", "tcp"} {
			routes, _, _ := unstructured.NestedSlice(w.Server.objects[which], "spec", kind)
			for _, route := range routes {
				if flow, ours := w.routeFlow(route.(map[string]any)); ours {
					flow.Place = strings.TrimSpace(kind+" route "+text(route, "name")) + " of VirtualService " + which.key.Name
					flows = append(flows, flow)
				}
			}
		}
	}
	return flows
}

// routeFlow follows one route; false when none of its destinations is ours.
func (w *World) routeFlow(route map[string]any) (Flow, bool) {
	flow, ours := Flow{Shares: map[string]int64{}, By: map[string]int64{}, Want: 100}, false
	destinations, _, _ := unstructured.NestedSlice(route, "route")
	for _, entry := range destinations {
		host, subset := text(entry, "destination", "host"), text(entry, "destination", "subset")
		weight, given, _ := unstructured.NestedInt64(entry.(map[string]any), "weight")
		if !given && len(destinations) == 1 {
			weight = 100
		}
		ours = ours || slices.Contains(v1alpha1.ServiceNames(w.Rollout()), host) || subset != ""
		flow.Total += weight
		if subset != "" {
			flow.Shares[w.subsetHash(subset)] += weight
			continue
		}
		flow.add(w, strings.Split(host, ".")[0], weight)
	}
	return flow, ours
}

func (w *World) subsetHash(subset string) string {
	for _, which := range w.Server.of(destinationRuleKind) {
		subsets, _, _ := unstructured.NestedSlice(w.Server.objects[which], "spec", "subsets")
		for _, entry := range subsets {
			if text(entry, "name") == subset {
				return text(entry, "labels", v1alpha1.DefaultRolloutUniqueLabelKey)
			}
		}
	}
	return ""
}

// text is a string in a loose object; empty when there is none.
func text(object any, path ...string) string {
	fields, ok := object.(map[string]any)
	if !ok {
		return ""
	}
	value, _, _ := unstructured.NestedString(fields, path...)
	return value
}
