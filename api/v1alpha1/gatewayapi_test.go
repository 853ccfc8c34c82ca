package v1alpha1

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGatewayAPIRouting(t *testing.T) {
	const plugin = "spec.strategy.canary.trafficRouting.plugins[argoproj-labs/gatewayAPI]"
	for name, c := range map[string]struct {
		strategy string
		routes   []string // kind namespace/name rule headers field
		problem  string
	}{
		"blue-green":     {"blueGreen: {activeService: a}", nil, ""},
		"no router":      {"canary: {}", nil, ""},
		"another plugin": {"canary: {trafficRouting: {plugins: {x/y: {httpRoute: web}}}}", nil, ""},
		"a single route": {"canary: {trafficRouting: {gatewayAPI: {httpRoute: web}}}", []string{"HTTPRoute shop/web headers gatewayAPI.httpRoute"}, ""},
		"all kinds at once": {
			"canary: {trafficRouting: {gatewayAPI: {namespace: infra, httpRoute: a, httpRouteRuleName: r, httpRoutes: [{name: b}, {name: c, useHeaderRoutes: true, ruleName: s}], grpcRoute: d, grpcRoutes: [{name: e}], tcpRoute: f, tcpRoutes: [{name: g}], tlsRoute: h, tlsRoutes: [{name: i}]}}}",
			[]string{
				"HTTPRoute infra/a r headers gatewayAPI.httpRoute", "HTTPRoute infra/b gatewayAPI.httpRoutes[0].name", "HTTPRoute infra/c s headers gatewayAPI.httpRoutes[1].name",
				"GRPCRoute infra/d headers gatewayAPI.grpcRoute", "GRPCRoute infra/e gatewayAPI.grpcRoutes[0].name", "TCPRoute infra/f gatewayAPI.tcpRoute",
				"TCPRoute infra/g gatewayAPI.tcpRoutes[0].name", "TLSRoute infra/h gatewayAPI.tlsRoute", "TLSRoute infra/i gatewayAPI.tlsRoutes[0].name",
			},
			"",
		},
		"the block of the plugin, with what is not needed": {
			"canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoutes: [{name: web, useHeaderRoutes: true}], namespace: infra, configMap: m, disableInProgressLabel: true, inProgressLabelKey: k, inProgressLabelValue: v, activeRolloutsAnnotationKey: a, skipManagedRoutesOnSetWeight: true}}}}",
			[]string{"HTTPRoute infra/web headers plugins[argoproj-labs/gatewayAPI].httpRoutes[0].name"},
			"",
		},
		"both blocks": {
			"canary: {trafficRouting: {gatewayAPI: {httpRoute: web}, plugins: {argoproj-labs/gatewayAPI: {httpRoute: web}}}}", nil,
			plugin + ": Forbidden: says the same as trafficRouting.gatewayAPI: keep one of the two",
		},
		"a setting that nobody knows": {
			"canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoutes: [{name: web, weight: 5}]}}}}", nil,
			plugin + `: Invalid value: "weight": is no setting of this router: correct its name, or remove it`,
		},
		"a setting of another type": {
			"canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: 5}}}}", nil,
			plugin + `: Invalid value: "{\"httpRoute\":5}": cannot be read: cannot unmarshal number into Go struct field .GatewayAPITrafficRouting.httpRoute of type string`,
		},
		"a selector": {
			"canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {grpcRouteSelector: {matchLabels: {a: b}}}}}}", nil,
			plugin + ".grpcRouteSelector: Forbidden: routes are named, not selected: list them in grpcRoutes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ro := rolloutWith(t, c.strategy)
			ro.Namespace = "shop"
			problem := ""
			if _, err := GatewayAPIRouting(ro); err != nil {
				problem = err.Error()
			}
			var routes []string
			for _, r := range GatewayAPIRoutes(ro) {
				line := r.Kind + " " + r.Namespace + "/" + r.Name
				if r.RuleName != "" {
					line += " " + r.RuleName
				}
				if r.UseHeaderRoutes {
					line += " headers"
				}
				routes = append(routes, line+" "+r.Path.String()[len("spec.strategy.canary.trafficRouting."):])
			}
			if diff := cmp.Diff(c.routes, routes) + cmp.Diff(c.problem, problem); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOtherPlugins(t *testing.T) {
	routing := &RolloutTrafficRouting{Plugins: map[string]json.RawMessage{"z/z": nil, GatewayAPIPlugin: nil, "a/a": nil}}
	if diff := cmp.Diff([]string{"a/a", "z/z"}, OtherPlugins(routing)); diff != "" {
		t.Error(diff)
	}
}

func TestValidateGatewayAPI(t *testing.T) {
	const (
		services = "stableService: s, canaryService: c, "
		routing  = "spec.strategy.canary.trafficRouting."
		step     = "spec.strategy.canary.steps[0]."
	)
	for name, c := range map[string]struct {
		canary string
		want   []string
	}{
		"one route":                           {services + "trafficRouting: {gatewayAPI: {httpRoute: web}}", nil},
		"the block of the plugin":             {services + "trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: web}}}", nil},
		"a greater whole":                     {services + "trafficRouting: {maxTrafficWeight: 1000, gatewayAPI: {httpRoute: web}}, steps: [{setWeight: 900}]", nil},
		"a whole that is too fine":            {services + "trafficRouting: {maxTrafficWeight: 1000001, gatewayAPI: {httpRoute: web}}", []string{routing + "maxTrafficWeight: Invalid value: 1000001: a route of the Gateway API takes weights up to 1000000: count in coarser parts"}},
		"Services that take turns":            {"pingPong: {pingService: a, pongService: b}, trafficRouting: {gatewayAPI: {httpRoute: web}}", nil},
		"a share for an experiment":           {services + "trafficRouting: {gatewayAPI: {httpRoute: web}}, steps: [{experiment: {templates: [{name: t, specRef: canary, weight: 5}]}}]", nil},
		"both Services are needed":            {"canaryService: c, trafficRouting: {gatewayAPI: {httpRoute: web}}", []string{`spec.strategy.canary.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing`}},
		"both are needed by the plugin's":     {"stableService: c, trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: web}}}", []string{`spec.strategy.canary.canaryService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing`}},
		"no route":                            {services + "trafficRouting: {gatewayAPI: {namespace: infra}}", []string{routing + "gatewayAPI.httpRoute: Required value: no route is named: set httpRoute, grpcRoute, tcpRoute or tlsRoute"}},
		"no route in the plugin's":            {services + "trafficRouting: {plugins: {argoproj-labs/gatewayAPI: null}}", []string{routing + "plugins[argoproj-labs/gatewayAPI].httpRoute: Required value: no route is named: set httpRoute, grpcRoute, tcpRoute or tlsRoute"}},
		"a rule of no route":                  {services + "trafficRouting: {gatewayAPI: {httpRoute: web, grpcRouteRuleName: r}}", []string{routing + "gatewayAPI.grpcRoute: Required value: grpcRouteRuleName picks a rule of it"}},
		"a route without a name":              {services + "trafficRouting: {gatewayAPI: {tcpRoutes: [{name: ''}]}}", []string{routing + "gatewayAPI.tcpRoutes[0].name: Required value: name the TCPRoute"}},
		"a route twice":                       {services + "trafficRouting: {gatewayAPI: {httpRoute: web, httpRoutes: [{name: web}], grpcRoute: web}}", []string{routing + `gatewayAPI.httpRoutes[0].name: Duplicate value: "web"`}},
		"an unknown setting":                  {services + "trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRout: web}}}", []string{routing + `plugins[argoproj-labs/gatewayAPI]: Invalid value: "httpRout": is no setting of this router: correct its name, or remove it`}},
		"a managed route no rule can be":      {services + "trafficRouting: {managedRoutes: [{name: X-Canary}], gatewayAPI: {httpRoute: web}}", []string{routing + `managedRoutes[0].name: Invalid value: "X-Canary": cannot be the name of a rule: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`}},
		"a managed route like a further rule": {services + "trafficRouting: {managedRoutes: [{name: hdr.2}], gatewayAPI: {httpRoute: web}}", []string{routing + `managedRoutes[0].name: Invalid value: "hdr.2": a name that ends in a dot and digits stands for a further rule of the name before it: choose another`}},
		"a header route":                      {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {httpRoute: web}}, steps: [{setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {regex: x}}]}}]", nil},
		"a header route that goes":            {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {tcpRoute: web}}, steps: [{setHeaderRoute: {name: r}}]", nil},
		"a header route for no route":         {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {httpRoutes: [{name: web}], tcpRoutes: [{name: t, useHeaderRoutes: true}]}}, steps: [{setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {exact: x}}]}}]", []string{step + `setHeaderRoute: Invalid value: "r": no route takes header routes: set useHeaderRoutes on one of httpRoutes or grpcRoutes`}},
		"a mirror":                            {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {httpRoute: web}}, steps: [{setMirrorRoute: {name: r, percentage: 5, match: [{method: {exact: GET}, path: {prefix: /}}, {path: {regex: 'a+'}}]}}]", nil},
		"a mirror of connections":             {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {tlsRoute: web}}, steps: [{setMirrorRoute: {name: r, match: [{path: {prefix: /}}]}}]", []string{step + `setMirrorRoute: Invalid value: "r": no route can mirror requests: name an httpRoute or a grpcRoute`}},
		"a method that cannot be matched":     {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {httpRoute: web}}, steps: [{setMirrorRoute: {name: r, match: [{method: {prefix: G}}, {path: {exact: api}}]}}]", []string{step + `setMirrorRoute.match[0].method: Invalid value: "{prefix}": needs exact with one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH`, step + `setMirrorRoute.match[1].path: Invalid value: "api": needs to begin with /`}},
		"a mirror of calls":                   {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {grpcRoute: web}}, steps: [{setMirrorRoute: {name: r, match: [{method: {exact: POST}, path: {prefix: /}, headers: {h: {exact: x}}}]}}]", nil},
		"a path of calls":                     {services + "trafficRouting: {managedRoutes: [{name: r}], gatewayAPI: {grpcRoute: web}}, steps: [{setMirrorRoute: {name: r, match: [{method: {exact: GET}}, {path: {exact: /shop.Web/Buy}}]}}]", []string{step + `setMirrorRoute.match[0].method: Invalid value: "GET": a GRPCRoute cannot match it: match headers, or take the grpcRoute out`, step + `setMirrorRoute.match[1].path: Invalid value: "/shop.Web/Buy": a GRPCRoute cannot match it: match headers, or take the grpcRoute out`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, texts(ValidateRollout(rolloutWith(t, "canary: {"+c.canary+"}")))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
