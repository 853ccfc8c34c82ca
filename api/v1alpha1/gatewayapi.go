package v1alpha1

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// GatewayAPIPlugin is the key of the plugin block that says the same as trafficRouting.gatewayAPI.
const GatewayAPIPlugin = "argoproj-labs/gatewayAPI"

// GatewayAPINamed is one route of the Gateway API that a Rollout names.
// +kubebuilder:object:generate=false
type GatewayAPINamed struct {
	Kind      string // HTTPRoute, GRPCRoute, TCPRoute or TLSRoute
	Namespace string
	GatewayAPIRoute
	// Path is the field that holds the name.
	Path *field.Path
}

// GatewayAPIRouting is what a Rollout says about routes of the Gateway API, in its own block or in the plugin's; nil when it says nothing.
// The error names the field that cannot be read, or the second of two blocks.
func GatewayAPIRouting(ro *Rollout) (*GatewayAPITrafficRouting, *field.Error) {
	if ro.Spec.Strategy.Canary == nil || ro.Spec.Strategy.Canary.TrafficRouting == nil {
		return nil, nil
	}
	routing := ro.Spec.Strategy.Canary.TrafficRouting
	raw, plugin := routing.Plugins[GatewayAPIPlugin]
	switch {
	case plugin && routing.GatewayAPI != nil:
		return nil, field.Forbidden(gatewayAPIPluginPath(), "says the same as trafficRouting.gatewayAPI: keep one of the two")
	case plugin:
		return readGatewayAPIPlugin(raw)
	}
	return routing.GatewayAPI, nil
}

// GatewayAPIRoutes are the routes that a Rollout names, by kind, single ones first; none where the settings cannot be read.
func GatewayAPIRoutes(ro *Rollout) []GatewayAPINamed {
	g, err := GatewayAPIRouting(ro)
	if g == nil || err != nil {
		return nil
	}
	var all []GatewayAPINamed
	namespace, path := cmp.Or(g.Namespace, ro.Namespace), gatewayAPIPath(ro)
	for _, kind := range g.byKind() {
		at := path.Child(kind.field)
		if kind.one.Name != "" {
			all = append(all, GatewayAPINamed{Kind: kind.name, Namespace: namespace, GatewayAPIRoute: kind.one, Path: at})
		}
		for i, route := range kind.many {
			at := path.Child(kind.field + "s").Index(i).Child("name")
			all = append(all, GatewayAPINamed{Kind: kind.name, Namespace: namespace, GatewayAPIRoute: route, Path: at})
		}
	}
	return all
}

// OtherPlugins are the names of all traffic plugins but that of the Gateway API, in order.
func OtherPlugins(routing *RolloutTrafficRouting) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(routing.Plugins)), func(name string) bool { return name == GatewayAPIPlugin })
}

// usesGatewayAPI tells it also where the settings cannot be read.
func usesGatewayAPI(routing *RolloutTrafficRouting) bool {
	_, plugin := routing.Plugins[GatewayAPIPlugin]
	return plugin || routing.GatewayAPI != nil
}

// readGatewayAPIPlugin also knows what people have in that block and what is not needed here: weights and routes are desired
// state, so nothing is remembered in a ConfigMap, a label or an annotation.
func readGatewayAPIPlugin(raw json.RawMessage) (*GatewayAPITrafficRouting, *field.Error) {
	var settings struct {
		GatewayAPITrafficRouting
		HTTPRouteSelector            *metav1.LabelSelector `json:"httpRouteSelector"`
		GRPCRouteSelector            *metav1.LabelSelector `json:"grpcRouteSelector"`
		TCPRouteSelector             *metav1.LabelSelector `json:"tcpRouteSelector"`
		TLSRouteSelector             *metav1.LabelSelector `json:"tlsRouteSelector"`
		ConfigMap                    string                `json:"configMap"`
		DisableInProgressLabel       bool                  `json:"disableInProgressLabel"`
		InProgressLabelKey           string                `json:"inProgressLabelKey"`
		InProgressLabelValue         string                `json:"inProgressLabelValue"`
		ActiveRolloutsAnnotationKey  string                `json:"activeRolloutsAnnotationKey"`
		SkipManagedRoutesOnSetWeight bool                  `json:"skipManagedRoutesOnSetWeight"`
	}
	path := gatewayAPIPluginPath()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&settings); err != nil {
		return nil, unreadable(path, raw, err)
	}
	for _, selector := range []struct {
		kind string
		set  *metav1.LabelSelector
	}{
		{"httpRoute", settings.HTTPRouteSelector},
		{"grpcRoute", settings.GRPCRouteSelector},
		{"tcpRoute", settings.TCPRouteSelector},
		{"tlsRoute", settings.TLSRouteSelector},
	} {
		if selector.set != nil {
			return nil, field.Forbidden(path.Child(selector.kind+"Selector"), "routes are named, not selected: list them in "+selector.kind+"s")
		}
	}
	return &settings.GatewayAPITrafficRouting, nil
}

// unreadable finds the name of an unknown field in the decoder's words.
func unreadable(path *field.Path, raw json.RawMessage, err error) *field.Error {
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return field.Invalid(path, strings.Trim(name, `"`), "is no setting of this router: correct its name, or remove it")
	}
	return field.Invalid(path, string(raw), "cannot be read: "+strings.TrimPrefix(err.Error(), "json: "))
}

// kindOfRoute is what the settings say about the routes of one kind.
type kindOfRoute struct {
	name, field string
	one         GatewayAPIRoute
	many        []GatewayAPIRoute
}

// byKind reads a route that stands alone as one that gets header routes: there is no other that could be meant.
func (g *GatewayAPITrafficRouting) byKind() []kindOfRoute {
	return []kindOfRoute{
		{"HTTPRoute", "httpRoute", GatewayAPIRoute{g.HTTPRoute, g.HTTPRouteRuleName, true}, g.HTTPRoutes},
		{"GRPCRoute", "grpcRoute", GatewayAPIRoute{g.GRPCRoute, g.GRPCRouteRuleName, true}, g.GRPCRoutes},
		{"TCPRoute", "tcpRoute", GatewayAPIRoute{g.TCPRoute, g.TCPRouteRuleName, false}, g.TCPRoutes},
		{"TLSRoute", "tlsRoute", GatewayAPIRoute{g.TLSRoute, g.TLSRouteRuleName, false}, g.TLSRoutes},
	}
}

func gatewayAPIPath(ro *Rollout) *field.Path {
	if ro.Spec.Strategy.Canary.TrafficRouting.GatewayAPI == nil {
		return gatewayAPIPluginPath()
	}
	return field.NewPath("spec", "strategy", "canary", "trafficRouting", "gatewayAPI")
}

func gatewayAPIPluginPath() *field.Path {
	return field.NewPath("spec", "strategy", "canary", "trafficRouting", "plugins").Key(GatewayAPIPlugin)
}
