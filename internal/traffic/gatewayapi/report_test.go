package gatewayapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

// asking is a Rollout of namespace shop whose strategy.canary is that YAML.
func asking(t *testing.T, canary string) *v1alpha1.Rollout {
	t.Helper()
	ro := &v1alpha1.Rollout{}
	ro.Name, ro.Namespace = "web", "shop"
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{CanaryService: "web-canary", StableService: "web-stable"}
	if err := yaml.UnmarshalStrict([]byte(canary), ro.Spec.Strategy.Canary); err != nil {
		t.Fatal(err)
	}
	return ro
}

// object is one of the Gateway API with what YAML says of it.
func object(t *testing.T, kind, namespace, name, content string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	raw, err := yaml.YAMLToJSONStrict([]byte("apiVersion: gateway.networking.k8s.io/v1\nkind: " + kind + "\n" + content))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	o.SetNamespace(namespace)
	o.SetName(name)
	o.SetGeneration(7)
	return o
}

const (
	single   = "trafficRouting: {gatewayAPI: {httpRoute: web}}"
	both     = "rules: [{backendRefs: [{name: web-stable, port: 80}, {name: web-canary, port: 80}]}]"
	edge     = "spec: {parentRefs: [{name: edge}], " + both + "}\n"
	twoEdges = "spec: {parentRefs: [{name: edge, sectionName: http}, {name: inner, namespace: infra}], " + both + "}\n"
	fine     = "conditions: [{type: Accepted, status: 'True', observedGeneration: 7}, {type: ResolvedRefs, status: 'True', observedGeneration: 7}]"
	atEdge   = "parentRef: {group: gateway.networking.k8s.io, kind: Gateway, name: edge}, controllerName: c"
)

// conditions of both kinds, the second with a reason and a message.
func said(kind, status, reason string, generation string) string {
	other := map[string]string{"Accepted": "ResolvedRefs", "ResolvedRefs": "Accepted"}[kind]
	return "conditions: [{type: " + other + ", status: 'True', observedGeneration: 7}, {type: " + kind + ", status: '" + status + "', reason: " + reason +
		", message: because of it, observedGeneration: " + generation + "}]"
}

func TestVerify(t *testing.T) {
	cases := map[string]struct{ canary, route, want string }{
		"taken": {single, edge + "status: {parents: [{" + atEdge + ", " + fine + "}]}", ""},
		"nobody reports": {
			single, edge,
			"HTTPRoute shop/web: no controller says anything of Gateway shop/edge; install one that serves it, or correct parentRefs",
		},
		"somebody reports on another parent": {
			single, edge + "status: {parents: [{parentRef: {name: edge, namespace: infra}, " + fine + "}]}",
			"HTTPRoute shop/web: no controller says anything of Gateway shop/edge; install one that serves it, or correct parentRefs",
		},
		"a generation behind": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "True", "Accepted", "6") + "}]}",
			"HTTPRoute shop/web: not accepted by Gateway shop/edge yet (generation 7, it has seen 6)",
		},
		"references a generation behind": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "True", "ResolvedRefs", "6") + "}]}",
			"HTTPRoute shop/web: references not resolved by Gateway shop/edge yet (generation 7, it has seen 6)",
		},
		"a controller that never says what it has seen is believed": {
			single, edge + "status: {parents: [{" + atEdge + ", conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'True'}]}]}", "",
		},
		"refused": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "NotAllowedByListeners", "7") + "}]}",
			"HTTPRoute shop/web: not accepted by Gateway shop/edge (NotAllowedByListeners: because of it)",
		},
		"not known yet": {
			single, edge + "status: {parents: [{" + atEdge + ", conditions: [{type: Accepted, status: Unknown, reason: Pending, observedGeneration: 7}]}]}",
			"HTTPRoute shop/web: not accepted by Gateway shop/edge (Pending)",
		},
		"a Service is not found": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "BackendNotFound", "7") + "}]}",
			"HTTPRoute shop/web: references not resolved by Gateway shop/edge (BackendNotFound: because of it)",
		},
		"a reference of others without permission, in our namespace": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "RefNotPermitted", "7") + "}]}", "",
		},
		"a reference of others to something that is no Service": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "InvalidKind", "7") + "}]}", "",
		},
		"half of the conditions": {
			single, edge + "status: {parents: [{" + atEdge + ", conditions: [{type: Accepted, status: 'True', observedGeneration: 7}]}]}",
			"HTTPRoute shop/web: references not resolved by Gateway shop/edge yet",
		},
		"one of two parents": {
			single, twoEdges + "status: {parents: [{parentRef: {name: edge, sectionName: http}, " + fine + "}]}",
			"HTTPRoute shop/web: no controller says anything of Gateway infra/inner; install one that serves it, or correct parentRefs",
		},
		"the section counts": {
			single, twoEdges + "status: {parents: [{parentRef: {name: edge}, " + fine + "}]}",
			"HTTPRoute shop/web: no controller says anything of Gateway shop/edge (http); install one that serves it, or correct parentRefs",
		},
		"both of two parents": {
			single, twoEdges + "status: {parents: [{parentRef: {name: inner, namespace: infra}, " + fine + "}, {parentRef: {name: edge, sectionName: http}, " + fine + "}]}", "",
		},
		"what a controller wrote that is gone does not count": {
			single, edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "Gone", "3") + "}, {" + atEdge + ", " + fine + "}]}", "",
		},
		"a Service as parent, in a mesh": {
			single, "spec: {parentRefs: [{group: '', kind: Service, name: web, port: 80}]}\nstatus: {parents: [{parentRef: {group: '', kind: Service, name: web, port: 80}, " + fine + "}]}", "",
		},
		"a Service as parent, another port": {
			single, "spec: {parentRefs: [{group: '', kind: Service, name: web, port: 80}]}\nstatus: {parents: [{parentRef: {group: '', kind: Service, name: web, port: 81}, " + fine + "}]}",
			"HTTPRoute shop/web: no controller says anything of Service shop/web; install one that serves it, or correct parentRefs",
		},
		"no parent":             {single, "spec: {" + both + "}", "HTTPRoute shop/web: has no parentRefs, so nobody serves it"},
		"the route is gone":     {"trafficRouting: {gatewayAPI: {httpRoute: other}}", edge, "HTTPRoute shop/other: does not exist"},
		"not the Gateway API's": {"trafficRouting: {nginx: {stableIngress: i}}", edge, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := []*unstructured.Unstructured{object(t, "HTTPRoute", "shop", "web", c.route)}
			if diff := cmp.Diff(c.want, gatewayapi.Renderer{}.Verify(asking(t, c.canary), found)); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

func TestVerifyInAnotherNamespace(t *testing.T) {
	ro := asking(t, "trafficRouting: {gatewayAPI: {namespace: infra, httpRoute: web}}")
	route := object(t, "HTTPRoute", "infra", "web", edge+"status: {parents: [{"+atEdge+", "+said("ResolvedRefs", "False", "RefNotPermitted", "7")+"}]}")
	want := "HTTPRoute infra/web: references not resolved by Gateway infra/edge (RefNotPermitted: because of it)"
	if diff := cmp.Diff(want, gatewayapi.Renderer{}.Verify(ro, []*unstructured.Unstructured{route})); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
}

func TestInspect(t *testing.T) {
	const (
		accepted   = edge + "status: {parents: [{" + atEdge + ", " + fine + "}]}"
		mirrorStep = ", managedRoutes: [{name: m}]}\nsteps: [{setMirrorRoute: {name: m, percentage: 10, match: [{method: {exact: GET}}]}}]"
		mirroring  = "trafficRouting: {gatewayAPI: {httpRoute: web}" + mirrorStep
	)
	cases := map[string]struct {
		canary, route, class string
		want                 []string
	}{
		"all is well":    {canary: single, route: accepted, class: "status: {supportedFeatures: [{name: HTTPRoute}]}"},
		"nobody reports": {canary: single, route: edge},
		"refused": {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "NoMatchingParent", "7") + "}]}", want: []string{
			"blocks spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA01 HTTPRoute shop/web spec.parentRefs[0]: Gateway shop/edge refuses it (NoMatchingParent: because of it), so no weight has an effect there: mend what it names, or take that parent out",
		}},
		"refused before it was mended":     {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "NoMatchingParent", "6") + "}]}"},
		"looked at still":                  {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "Pending", "7") + "}]}"},
		"refused by a controller long ago": {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("Accepted", "False", "Gone", "7") + "}, {" + atEdge + ", " + fine + "}]}"},
		"a Service that is not seen yet":   {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "BackendNotFound", "7") + "}]}"},
		"a protocol that is not spoken": {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "UnsupportedProtocol", "7") + "}]}", want: []string{
			"blocks spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA02 HTTPRoute shop/web spec.parentRefs[0]: Gateway shop/edge cannot follow one of its references (UnsupportedProtocol: because of it) and answers 500 in its place: mend what it names",
		}},
		"a reference that cannot be ours": {canary: single, route: edge + "status: {parents: [{" + atEdge + ", " + said("ResolvedRefs", "False", "RefNotPermitted", "7") + "}]}", want: []string{
			"spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA02 HTTPRoute shop/web spec.parentRefs[0]: Gateway shop/edge cannot follow one of its references (RefNotPermitted: because of it) and answers 500 in its place: allow it with a ReferenceGrant in the namespace of the Service",
		}},
		"only parts were taken, told behind what blocks": {canary: single, route: edge + "status: {parents: [{" + atEdge + ", conditions: [{type: PartiallyInvalid, status: 'True', reason: UnsupportedValue, observedGeneration: 7}, {type: ResolvedRefs, status: 'False', reason: X}]}]}", want: []string{
			"blocks spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA02 HTTPRoute shop/web spec.parentRefs[0]: Gateway shop/edge cannot follow one of its references (X) and answers 500 in its place: mend what it names",
			"spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA05 HTTPRoute shop/web spec.parentRefs[0]: Gateway shop/edge has taken only parts of it (UnsupportedValue); the others are as they were, or gone: mend what it names",
		}},
		"a class without mirrors": {canary: mirroring, route: accepted, class: "status: {supportedFeatures: [{name: HTTPRoute}, {name: HTTPRouteMethodMatching}]}", want: []string{
			"blocks spec.strategy.canary.steps[0].setMirrorRoute: KAN-GWA03 GatewayClass /lab status.supportedFeatures: does not list HTTPRouteRequestMirror, which steps[0].setMirrorRoute needs to mirror requests; its gateways may answer errors in place of the requests: take the step out, or use a class that can",
			"blocks spec.strategy.canary.steps[0].setMirrorRoute: KAN-GWA03 GatewayClass /lab status.supportedFeatures: does not list HTTPRouteRequestPercentageMirror, which steps[0].setMirrorRoute needs for its percentage; its gateways may answer errors in place of the requests: leave the percentage out, or use a class that can",
		}},
		"a class without methods, in the older form": {canary: mirroring, route: accepted, class: "status: {supportedFeatures: [HTTPRoute, HTTPRouteRequestMirror, HTTPRouteRequestPercentageMirror]}", want: []string{
			"blocks spec.strategy.canary.steps[0].setMirrorRoute: KAN-GWA03 GatewayClass /lab status.supportedFeatures: does not list HTTPRouteMethodMatching, which steps[0].setMirrorRoute needs to match a method; its gateways may answer errors in place of the requests: match by path or header, or use a class that can",
		}},
		"a class that cannot do the kind of route": {
			canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: h}]}\nsteps: [{setWeight: 5}, {setHeaderRoute: {name: h, match: [{headerName: A, headerValue: {exact: x}}]}}, {setHeaderRoute: {name: h}}]",
			route:  accepted, class: "status: {supportedFeatures: [{name: GRPCRoute}, {name: Gateway}]}", want: []string{
				"blocks spec.strategy.canary.steps[1].setHeaderRoute: KAN-GWA03 GatewayClass /lab status.supportedFeatures: does not list HTTPRoute, which steps[1].setHeaderRoute needs to match headers; its gateways may answer errors in place of the requests: take the step out, or use a class that can",
			},
		},
		"a class that lists only more than the kind of route": {
			canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: h}]}\nsteps: [{setHeaderRoute: {name: h, match: [{headerName: A, headerValue: {exact: x}}]}}]",
			route:  accepted, class: "status: {supportedFeatures: [{name: HTTPRouteRequestMirror}]}",
		},
		"a class with all of it":      {canary: mirroring, route: accepted, class: "status: {supportedFeatures: [{name: HTTPRouteRequestMirror}, {name: HTTPRouteRequestPercentageMirror}, {name: HTTPRouteMethodMatching}]}"},
		"a class that lists nothing":  {canary: mirroring, route: accepted, class: "status: {}"},
		"a class that does not exist": {canary: mirroring, route: accepted},
		"a second mirror in one rule": {
			canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: m}]}\nsteps: [{setMirrorRoute: {name: m, match: [{path: {prefix: /}}]}}]",
			route:  "spec: {parentRefs: [{name: edge}], rules: [{filters: [{type: RequestMirror}], backendRefs: [{name: web-stable}, {name: web-canary}]}]}",
			class:  "status: {supportedFeatures: [{name: HTTPRouteRequestMirror}]}", want: []string{
				"blocks spec.strategy.canary.steps[0].setMirrorRoute: KAN-GWA03 GatewayClass /lab status.supportedFeatures: does not list HTTPRouteRequestMultipleMirrors, which steps[0].setMirrorRoute needs beside the RequestMirror that a rule has already; its gateways may answer errors in place of the requests: take the step out, or use a class that can",
			},
		},
		"a rule with the stable Service alone": {canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: m}]}", route: "spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web-stable, port: 80}, {name: web-canary, port: 80}]}, {name: pay, backendRefs: [{name: web-stable, port: 81}]}, {name: m, backendRefs: [{name: web-stable, port: 81}]}]}", want: []string{
			"spec.strategy.canary.trafficRouting.gatewayAPI.httpRoute: KAN-GWA04 HTTPRoute shop/web spec.rules[1] (pay): leads to Service web-stable alone, so its requests see the new version only when it is stable: add {name: web-canary, port: 81, weight: 0} to its backendRefs if they shall take part",
		}},
		"a rule with the stable Service alone, left out by name": {canary: "trafficRouting: {gatewayAPI: {httpRoute: web, httpRouteRuleName: a}}", route: "spec: {parentRefs: [{name: edge}], rules: [{name: a, backendRefs: [{name: web-stable}, {name: web-canary}]}, {backendRefs: [{name: web-stable}]}]}"},
		"no rule with both is an error elsewhere":                {canary: single, route: "spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web-stable}]}]}"},
		"a step that will find no place": {
			canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: h}]}\nsteps: [{setWeight: 5}, {setHeaderRoute: {name: h, match: [{headerName: A, headerValue: {exact: x}}]}}]",
			route:  "spec: {parentRefs: [{name: edge}], rules: [{matches: [{headers: [{type: RegularExpression, name: a, value: b.*}]}], backendRefs: [{name: web-stable}, {name: web-canary}]}]}",
			want: []string{
				"blocks spec.strategy.canary.steps[1].setHeaderRoute: KAN-GWA06 HTTPRoute shop/web spec.rules: spec.strategy.canary.steps[1].setHeaderRoute would stop the delivery: HTTPRoute `web`: rule \"h\" cannot be made: a rule matches header A already, as RegularExpression \"b.*\", and a header can be matched only once; use another header",
			},
		},
		"steps that follow each other": {
			canary: "trafficRouting: {gatewayAPI: {httpRoute: web}, managedRoutes: [{name: h}, {name: m}]}\nsteps: [{setHeaderRoute: {name: h, match: [{headerName: A, headerValue: {exact: x}}]}}, {setMirrorRoute: {name: m, match: [{path: {prefix: /}}]}}, {setHeaderRoute: {name: h}}]",
			route:  accepted,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := []*unstructured.Unstructured{
				object(t, "HTTPRoute", "shop", "web", c.route),
				object(t, "Gateway", "shop", "edge", "spec: {gatewayClassName: lab}"),
			}
			if c.class != "" {
				found = append(found, object(t, "GatewayClass", "", "lab", c.class))
			}
			var got []string
			for _, finding := range (gatewayapi.Renderer{}).Inspect(asking(t, c.canary), found) {
				blocks := map[bool]string{true: "blocks "}[finding.Blocks]
				got = append(got, blocks+finding.Field.String()+": "+finding.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}
