package istio_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

const (
	byServices = `virtualService: {name: web}`
	bySubsets  = `{virtualService: {name: web}, destinationRule: {name: web}}`
	services   = `[{destination: {host: web-stable}, weight: 90}, {destination: {host: web-canary}, weight: 10}]`
	subsets    = `[{destination: {host: web, subset: stable}, weight: 90}, {destination: {host: web, subset: canary}, weight: 10}]`
	headers    = `{setHeaderRoute: {name: hdr, match: [{headerName: x-canary, headerValue: {exact: "true"}}]}}`
)

// sight is a Rollout and what Inspect sees around it. Whatever is empty is as it should be.
type sight struct {
	istio     string // spec.strategy.canary.trafficRouting.istio
	canary    string // further fields of spec.strategy.canary
	status    string
	hosts     string // of the VirtualService
	gateways  string
	namespace string // of the VirtualService
	http, tls string
	rule      string // spec of the DestinationRule
	want      []string
}

func (s sight) rollout(t *testing.T) *v1alpha1.Rollout {
	t.Helper()
	ro := &v1alpha1.Rollout{}
	decode(t, ro, "metadata: {name: web, namespace: shop}\nspec: {template: {metadata: {labels: {app: web, tier: front}}}, strategy: {canary: {canaryService: web-canary, stableService: web-stable}}}")
	ro.Spec.Strategy.Canary.TrafficRouting = &v1alpha1.RolloutTrafficRouting{ManagedRoutes: []v1alpha1.MangedRoutes{{Name: "hdr"}}, Istio: &v1alpha1.IstioTrafficRouting{}}
	decode(t, ro.Spec.Strategy.Canary.TrafficRouting.Istio, or(s.istio, byServices))
	decode(t, ro.Spec.Strategy.Canary, or(s.canary, "{}"))
	decode(t, &ro.Status, or(s.status, "{}"))
	return ro
}

func (s sight) found(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	virtualService := kind("VirtualService", map[string]any{})
	virtualService.SetNamespace(or(s.namespace, "shop"))
	decode(t, &virtualService.Object, fmt.Sprintf("spec: {hosts: %s, gateways: %s, http: %s, tls: %s}",
		or(s.hosts, "[web]"), or(s.gateways, "[]"), or(s.http, "[{route: "+services+"}]"), or(s.tls, "[]")))
	rule := kind("DestinationRule", map[string]any{})
	decode(t, &rule.Object, "spec: "+or(s.rule, "{host: web, subsets: [{name: stable}, {name: canary}]}"))
	return []*unstructured.Unstructured{virtualService, rule}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func decode(t *testing.T, into any, text string) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func TestInspect(t *testing.T) {
	for name, s := range map[string]sight{
		"a Rollout by Services as it should be": {},
		"a Rollout by subsets as it should be":  {istio: bySubsets, http: `[{route: ` + subsets + `}]`},
		"objects that are missing are left to Render": {
			istio: `{virtualService: {name: gone}, destinationRule: {name: gone}}`,
		},
		"odd shapes": {istio: bySubsets, http: `[null, 7, {route: ` + subsets + `, match: [3]}]`, rule: `{host: web, trafficPolicy: 3, subsets: [null, 5, {name: stable, labels: 3}]}`},

		"weights that add up to less": {
			http: `[{route: [{destination: {host: web-stable}, weight: 85}, {destination: {host: web-canary}, weight: 5}]}]`,
			want: []string{"told KAN-IST05 spec.http[0].route"},
		},
		"weights that add up to more, in a TLS route": {
			istio: `virtualService: {name: web, tlsRoutes: [{port: 443}]}`, http: `[]`,
			tls:  `[{match: [{port: 443}], route: [{destination: {host: web-stable}, weight: 150}, {destination: {host: web-canary}, weight: 50}]}]`,
			want: []string{"told KAN-IST05 spec.tls[0].route"},
		},
		"weights that add up with somebody else's": {
			http: `[{route: [{destination: {host: web-stable}, weight: 60}, {destination: {host: web-canary}}, {destination: {host: others}, weight: 40}]}]`,
		},
		"weights of somebody else's route": {
			istio: `virtualService: {name: web, routes: [ours]}`,
			http:  `[{name: ours, route: ` + services + `}, {name: theirs, route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 1}]}]`,
		},

		"the canary Service misspelt": {
			http: `[{route: [{destination: {host: web-stable}, weight: 90}, {destination: {host: web-canry.shop.svc.cluster.local}, weight: 10}]}]`,
			want: []string{"blocks KAN-IST06 spec.http[0].route[1].destination.host"},
		},
		"a host that is no Service of the Rollout in the place of one": {
			http: `[{route: [{destination: {host: web-stable}, weight: 90}, {destination: {host: cart}, weight: 10}]}]`,
			want: []string{"blocks KAN-IST06 spec.http[0].route[1].destination.host"},
		},
		"the canary Service missing, and nothing in its place": {
			http: `[{route: [{destination: {host: web-stable}, weight: 100}]}]`,
		},
		"hosts that are no Services of the Rollout beside both of ours": {
			http: `[{route: [{destination: {host: web-stable}, weight: 80}, {destination: {host: web-canary}}, {destination: {host: cart}, weight: 20}]}]`,
		},
		"a host like ours beside both of ours": {
			http: `[{route: [{destination: {host: web-stable}, weight: 80}, {destination: {host: web-canary}, weight: 10}, {destination: {host: web-canaries}, weight: 0}, {destination: {host: web-stabel}, weight: 10}]}]`,
			want: []string{"told KAN-IST06 spec.http[0].route[3].destination.host"},
		},
		"Services of other zones and versions are other names": {
			canary: `{canaryService: test-canary-a, stableService: test-stable-a}`,
			http: `[{route: [{destination: {host: test-stable-a}, weight: 50}, {destination: {host: test-canary-a}}, {destination: {host: test-stable-b}, weight: 30},
				{destination: {host: test-stable2-a}, weight: 20}]}]`,
		},

		"a VirtualService of another namespace with short hosts": {
			istio: `virtualService: {name: web.edge}`, namespace: "edge",
			want: []string{"told KAN-IST13 spec.http[0].route[0].destination.host", "told KAN-IST13 spec.http[0].route[1].destination.host"},
		},
		"a VirtualService of another namespace with full hosts": {
			istio: `virtualService: {name: web.edge}`, namespace: "edge",
			http: `[{route: [{destination: {host: web-stable.shop.svc.cluster.local}, weight: 90}, {destination: {host: web-canary.shop}, weight: 10}]}]`,
		},

		"every route asks for a zone, in the mesh": {
			http: `[{match: [{sourceLabels: {zone: a}}], route: ` + services + `}]`,
			want: []string{"told KAN-IST03 spec.http"},
		},
		"every route asks for a zone, at a gateway": {
			hosts: `[shop.example]`, gateways: `[edge]`,
			http: `[{match: [{sourceLabels: {zone: a}}], route: ` + services + `}]`,
			want: []string{"told KAN-IST03 spec.http"},
		},
		"some paths only, at a gateway: the others are meant to be 404": {
			hosts: `[shop.example]`, gateways: `[edge]`,
			http: `[{match: [{uri: {prefix: /api}}], route: ` + services + `}]`,
		},
		"some paths only, of the stable Service itself": {
			hosts: `[web-stable]`,
			http:  `[{match: [{uri: {prefix: /api}}], route: ` + services + `}]`,
		},
		"some paths only, of one of two Services that take turns": {
			hosts: `[web-stable]`, canary: `{pingPong: {pingService: web-stable, pongService: web-canary}}`,
			http: `[{match: [{uri: {prefix: /api}}], route: ` + services + `}]`,
			want: []string{"told KAN-IST03 spec.http"},
		},
		"a last route for everybody else": {
			istio: `virtualService: {name: web, routes: [zone]}`,
			http:  `[{name: zone, match: [{sourceLabels: {zone: a}}], route: ` + services + `}, {name: rest, route: [{destination: {host: web-stable}}]}]`,
		},
		"a match of every path is one for everybody": {
			http: `[{match: [{uri: {prefix: /api}}, {name: all, uri: {prefix: /}}], route: ` + services + `}]`,
		},
		"a managed route is none for everybody": {
			istio: `virtualService: {name: web, routes: [ours]}`,
			http:  `[{name: hdr, route: ` + services + `}, {name: ours, match: [{port: 80}], route: ` + services + `}]`,
			want:  []string{"told KAN-IST03 spec.http"},
		},

		"a header route in front of somebody else's": {
			istio: `virtualService: {name: web, routes: [ours]}`, canary: `{steps: [` + headers + `]}`,
			http: `[{name: cart, match: [{uri: {prefix: /cart}}], route: [{destination: {host: cart}}]}, {name: ours, route: ` + services + `}]`,
			want: []string{"told KAN-IST11 spec.http[0]"},
		},
		"a header route that is taken away": {
			istio: `virtualService: {name: web, routes: [ours]}`, canary: `{steps: [{setHeaderRoute: {name: hdr}}]}`,
			http: `[{name: cart, match: [{uri: {prefix: /cart}}], route: [{destination: {host: cart}}]}, {name: ours, route: ` + services + `}]`,
		},
		"a header route in front of our own and of what stands behind it": {
			istio: `virtualService: {name: web, routes: [ours]}`, canary: `{steps: [` + headers + `]}`,
			http: `[{name: hdr, route: ` + services + `}, {name: also, match: [{port: 80}], route: ` + services + `}, {name: ours, route: ` + services + `}, {name: cart, route: [{destination: {host: cart}}]}]`,
		},

		"a public host without a gateway":                 {hosts: `[myapp.example.com]`, want: []string{"told KAN-IST12 spec.hosts"}},
		"a public host for the mesh alone":                {hosts: `[myapp.example.com]`, gateways: `[mesh]`, want: []string{"told KAN-IST12 spec.hosts"}},
		"a public host at a gateway":                      {hosts: `[myapp.example.com]`, gateways: `[edge/main]`},
		"a public host and the Service":                   {hosts: `[myapp.example.com, web]`},
		"a Service by a longer name":                      {hosts: `[web.shop, web.cart.svc.cluster.local]`},
		"a pattern, of which nothing can be told":         {hosts: `["*.example.com"]`},
		"no host: another VirtualService delegates to it": {hosts: `[]`},

		"subsets without hash after the Rollout has run": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`, status: `{stableRS: abc}`,
			rule: `{host: web, subsets: [{name: other}, {name: stable, labels: {app: web}}, {name: canary, labels: {rollouts-pod-template-hash: abc}}]}`,
			want: []string{"told KAN-IST07 spec.subsets[1].labels"},
		},
		"subsets that lead to no pod": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`, canary: `{canaryMetadata: {labels: {role: canary}}, stableMetadata: {labels: {role: stable}}}`,
			rule: `{host: web, subsets: [{name: stable, labels: {role: stable, tier: back}}, {name: canary, labels: {role: canary, version: v2}}]}`,
			want: []string{"blocks KAN-IST08 spec.subsets[0].labels", "told KAN-IST08 spec.subsets[1].labels"},
		},
		"subsets that lead to the pods": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`, canary: `{canaryMetadata: {labels: {role: canary}}, stableMetadata: {labels: {role: stable}}}`,
			rule: `{host: web, subsets: [{name: stable, labels: {role: stable, app: web, rollouts-pod-template-hash: abc}}, {name: canary, labels: {role: canary, topology.kubernetes.io/zone: a}}, {name: others, labels: {app: others}}]}`,
		},
		"two subsets of one name": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`,
			rule: `{host: web, subsets: [{name: stable}, {name: canary}, {name: stable}]}`,
			want: []string{"told KAN-IST10 spec.subsets[2]"},
		},
		"policies of three places that do not what they say": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`,
			rule: `{host: web,
				trafficPolicy: {outlierDetection: {consecutiveErrors: 3}, portLevelSettings: [{loadBalancer: {localityLbSetting: {failover: [{from: us-east-1/us-east-1a, to: us-west-1}]}}}]},
				subsets: [{name: stable, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [], failover: []}}}}, {name: canary, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [], failoverPriority: []}}}}]}`,
			want: []string{
				"told KAN-IST02 spec.subsets[0].trafficPolicy.loadBalancer.localityLbSetting", "told KAN-IST02 spec.subsets[1].trafficPolicy.loadBalancer.localityLbSetting",
				"told KAN-IST04 spec.trafficPolicy.portLevelSettings[0].loadBalancer.localityLbSetting.failover[0].from",
				"told KAN-IST09 spec.trafficPolicy.outlierDetection.consecutiveErrors",
			},
		},
		"policies that do what they say": {
			istio: bySubsets, http: `[{route: ` + subsets + `}]`,
			rule: `{host: web, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}, loadBalancer: {localityLbSetting: {failover: [{from: us-east-1, to: us-west-1}]}}},
				subsets: [{name: stable, trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: []}}}}, {name: canary, trafficPolicy: {loadBalancer: {localityLbSetting: {failoverPriority: [zone]}}}},
				{name: others, trafficPolicy: {outlierDetection: {consecutiveErrors: 3}}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			ro, found := s.rollout(t), s.found(t)
			before := []any{ro.DeepCopy(), found[0].DeepCopy(), found[1].DeepCopy()}
			var got []string
			for _, f := range (istio.Renderer{}).Inspect(ro, found) {
				got = append(got, rendertest.Line(f))
				complete(t, f)
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, []any{ro, found[0], found[1]}); diff != "" {
				t.Errorf("the arguments were changed:\n%s", diff)
			}
		})
	}
}

// complete demands what a person needs: where it stands, and a text without holes.
func complete(t *testing.T, f traffic.Finding) {
	t.Helper()
	if f.Object.Name != "web" || !strings.HasPrefix(f.Field.String(), "spec.strategy.canary.trafficRouting.istio.") || strings.Contains(f.Text, "%!") || len(f.Text) < 80 {
		t.Errorf("%s at %v, field %s: %s", f.Code, f.Object, f.Field, f.Text)
	}
}

func TestInspectWithoutIstio(t *testing.T) {
	for name, ro := range map[string]*v1alpha1.Rollout{"no strategy": {}, "no Istio": with(nil)} {
		if found := (istio.Renderer{}).Inspect(ro, nil); found != nil {
			t.Errorf("%s: %v", name, found)
		}
	}
}
