package rollout_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/test/sim"
)

// routed is a router of the API: how a Rollout names it, what it finds in the cluster, and how to read there who gets what.
type routed struct {
	routing, objects string
	kind             schema.GroupVersionKind
	object           string
	// shares are those of canary and stable as the object says them; an object that is not there is nil.
	shares func(*unstructured.Unstructured) (canary, stable any)
}

func routers() map[string]routed {
	return map[string]routed{
		"ALB": {
			routing: `alb: {ingress: web, servicePort: 80}`,
			objects: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {alb.ingress.kubernetes.io/scheme: internal}}
spec: {ingressClassName: alb, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web-stable, port: {name: use-annotation}}}}]}}]}`,
			kind: schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, object: "web",
			shares: func(o *unstructured.Unstructured) (any, any) {
				var action struct {
					ForwardConfig struct{ TargetGroups []map[string]any }
				}
				if err := json.Unmarshal([]byte(o.GetAnnotations()["alb.ingress.kubernetes.io/actions.web-stable"]), &action); err != nil {
					return err, nil
				}
				return weightOf(asList(action.ForwardConfig.TargetGroups), "ServiceName", "Weight")
			},
		},
		"Traefik": {
			routing: `traefik: {weightedTraefikServiceName: web}`,
			objects: `
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: web}
spec: {weighted: {services: [{name: web-stable, port: 80}, {name: web-canary, port: 80}]}}`,
			kind: schema.GroupVersionKind{Group: "traefik.io", Version: "v1alpha1", Kind: "TraefikService"}, object: "web",
			shares: func(o *unstructured.Unstructured) (any, any) {
				return weightOf(at(o, "spec", "weighted", "services"), "name", "weight")
			},
		},
		"APISIX": {
			routing: `apisix: {route: {name: web}}`,
			objects: `
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: {name: web}
spec: {http: [{name: web, match: {paths: [/*]}, backends: [{serviceName: web-stable, servicePort: 80}, {serviceName: web-canary, servicePort: 80}]}]}`,
			kind: schema.GroupVersionKind{Group: "apisix.apache.org", Version: "v2", Kind: "ApisixRoute"}, object: "web",
			shares: func(o *unstructured.Unstructured) (any, any) {
				return weightOf(at(&unstructured.Unstructured{Object: at(o, "spec", "http")[0].(map[string]any)}, "backends"), "serviceName", "weight")
			},
		},
		"SMI": {
			routing: `smi: {}`,
			kind:    schema.GroupVersionKind{Group: "split.smi-spec.io", Version: "v1alpha1", Kind: "TrafficSplit"}, object: "web",
			shares: func(o *unstructured.Unstructured) (any, any) {
				return weightOf(at(o, "spec", "backends"), "service", "weight")
			},
		},
		"Ambassador": {
			routing: `ambassador: {mappings: [web]}`,
			objects: `
apiVersion: getambassador.io/v2
kind: Mapping
metadata: {name: web}
spec: {prefix: /, service: "web-stable:80"}`,
			kind: schema.GroupVersionKind{Group: "getambassador.io", Version: "v2", Kind: "Mapping"}, object: "web-canary",
			shares: func(o *unstructured.Unstructured) (any, any) {
				if o == nil {
					return 0, 100 // all requests follow the Mapping of the user
				}
				weight, _, _ := unstructured.NestedInt64(o.Object, "spec", "weight")
				return weight, 100 - weight
			},
		},
		"App Mesh": {
			routing: `appMesh: {virtualService: {name: web}, virtualNodeGroup: {canaryVirtualNodeRef: {name: web-canary}, stableVirtualNodeRef: {name: web-stable}}}`,
			objects: `
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: {name: web}
spec: {provider: {virtualRouter: {virtualRouterRef: {name: web}}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: {name: web-canary}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: {name: web-stable}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualRouter
metadata: {name: web}
spec: {routes: [{name: all, httpRoute: {match: {prefix: /}, action: {weightedTargets: [{virtualNodeRef: {name: web-canary}, weight: 0}, {virtualNodeRef: {name: web-stable}, weight: 100}]}}}]}`,
			kind: schema.GroupVersionKind{Group: "appmesh.k8s.aws", Version: "v1beta2", Kind: "VirtualRouter"}, object: "web",
			shares: func(o *unstructured.Unstructured) (any, any) {
				route := at(o, "spec", "routes")[0].(map[string]any)["httpRoute"].(map[string]any)["action"].(map[string]any)
				var targets []any
				for _, target := range route["weightedTargets"].([]any) {
					name, _, _ := unstructured.NestedString(target.(map[string]any), "virtualNodeRef", "name")
					targets = append(targets, map[string]any{"name": name, "weight": target.(map[string]any)["weight"]})
				}
				return weightOf(targets, "name", "weight")
			},
		},
	}
}

func at(o *unstructured.Unstructured, path ...string) []any {
	list, _, _ := unstructured.NestedSlice(o.Object, path...)
	return list
}

func asList(entries []map[string]any) []any {
	var all []any
	for _, entry := range entries {
		all = append(all, entry)
	}
	return all
}

func weightOf(entries []any, name, weight string) (canary, stable any) {
	of := map[any]any{}
	for _, entry := range entries {
		of[entry.(map[string]any)[name]] = entry.(map[string]any)[weight]
	}
	return of["web-canary"], of["web-stable"]
}

// TestRouters takes a canary through each router: 20, an abort, and in a second try 20, 100 and the promotion. What the mesh's own object says
// is read after each.
func TestRouters(t *testing.T) {
	for name, r := range routers() {
		t.Run(name, func(t *testing.T) {
			objects, err := sim.Manifests(manifestsOf(r))
			if err != nil {
				t.Fatal(err)
			}
			world := sim.New("web")
			script := &sim.Script{World: world, Objects: objects}
			var got []string
			for _, line := range []string{"pods start 3s", "apply", "wait 10s", "set-image v2", "wait 10s", "abort", "wait 1m", "retry", "wait 10s", "promote", "wait 10s", "promote", "wait 2m"} {
				if err := script.Do(line); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if word, rest, _ := strings.Cut(line, " "); word == "wait" || word == "abort" {
					got = append(got, fmt.Sprint(strings.TrimSpace(word+" "+rest), ": ", r.read(t, world), " ", world.Rollout().Status.Phase))
				}
			}
			want := []string{
				"wait 10s: 0/100 Healthy", "wait 10s: 20/80 Paused", "abort: 0/100 Degraded", "wait 1m: 0/100 Degraded",
				"wait 10s: 20/80 Paused", "wait 10s: 100/0 Paused", "wait 2m: 0/100 Healthy",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("shares (-want +got):\n%s", diff)
			}
		})
	}
}

func (r routed) read(t *testing.T, world *sim.World) string {
	t.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(r.kind)
	err := world.Server.Get(t.Context(), client.ObjectKey{Namespace: sim.Namespace, Name: r.object}, object)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		object = nil
	}
	canary, stable := r.shares(object)
	return fmt.Sprintf("%v/%v", canary, stable)
}

func manifestsOf(r routed) string {
	return `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:v1"}]}
  strategy:
    canary:
      canaryService: web-canary
      stableService: web-stable
      trafficRouting: {` + r.routing + `}
      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 100}, {pause: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web-stable}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-canary}
spec: {selector: {app: web}, ports: [{port: 80}]}
---` + r.objects
}

// TestHeaderRoutesOfRouters has a step add a header route, and an abort take it away again with everything that belongs to it.
func TestHeaderRoutesOfRouters(t *testing.T) {
	const steps = "[{setWeight: 20}, {setHeaderRoute: {name: beta, match: [{headerName: X-Canary, headerValue: {exact: \"true\"}}]}}, {pause: {}}]"
	cases := map[string]struct {
		at   schema.GroupVersionKind
		name string
		want string // what the object says where the header leads
	}{
		"ALB":    {schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, "web", `\"httpHeaderName\":\"X-Canary\"`},
		"APISIX": {schema.GroupVersionKind{Group: "apisix.apache.org", Version: "v2", Kind: "ApisixRoute"}, "beta", `"subject":{"name":"X-Canary","scope":"Header"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := routers()[name]
			r.routing += ", managedRoutes: [{name: beta}]"
			objects, err := sim.Manifests(strings.Replace(manifestsOf(r), "[{setWeight: 20}, {pause: {}}, {setWeight: 100}, {pause: {}}]", steps, 1))
			if err != nil {
				t.Fatal(err)
			}
			world := sim.New("web")
			script := &sim.Script{World: world, Objects: objects}
			var got []bool
			for _, line := range []string{"pods start 3s", "apply", "wait 10s", "set-image v2", "wait 10s", "abort"} {
				if err := script.Do(line); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				got = append(got, strings.Contains(text(t, world, c.at, c.name), c.want))
			}
			if diff := cmp.Diff([]bool{false, false, false, false, true, false}, got); diff != "" {
				t.Errorf("where the header leads (-want +got):\n%s\n%s", diff, text(t, world, c.at, c.name))
			}
		})
	}
}

// text is an object as JSON; empty where there is none.
func text(t *testing.T, world *sim.World, kind schema.GroupVersionKind, name string) string {
	t.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	err := world.Server.Get(t.Context(), client.ObjectKey{Namespace: sim.Namespace, Name: name}, object)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		return ""
	}
	raw, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
