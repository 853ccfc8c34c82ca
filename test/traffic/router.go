package traffic

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Router is a kind of object that Kanari writes shares into and Traefik reads. Everything is made for a Rollout named web.
type Router struct {
	Name string
	// Routing is the Rollout's trafficRouting, and HeaderStep the step that sends requests with the header x-canary: true to the canary. It
	// is empty where the header needs no step, and Headers tells whether there is such a thing at all.
	Routing, HeaderStep string
	Headers             bool
	// Exact says that shares are counted out, not drawn by lot.
	Exact bool
	// Written is the resource that bears the shares.
	Written string
	// Divided are the user's own objects for a host that is divided between two Services.
	Divided func(place Place) []string
	// Whole are those for a host that leads to one Service.
	Whole func(place Place) []string
	// ByHand are those with which a person divides a host, and Turn is the patch that gives the second Service a share, in per cent.
	ByHand func(place Place) []string
	Turn   func(place Place, share int) Turn
}

// Place is where requests go.
type Place struct {
	Name, Host    string
	First, Second string // Services
}

// Turn is a merge patch of one object.
type Turn struct {
	Resource schema.GroupVersionResource
	Name     string
	Patch    map[string]any
}

var (
	ingresses       = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
	httpRoutes      = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
	traefikServices = schema.GroupVersionResource{Group: "traefik.io", Version: "v1alpha1", Resource: "traefikservices"}
)

// Nginx is by annotations of Ingresses.
func Nginx() Router {
	ingress := func(p Place, service, annotations string) string {
		return fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: %s, annotations: {%s}}
spec:
  ingressClassName: nginx
  rules: [{host: %s, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}]}}]
`, p.Name, annotations, p.Host, service)
	}
	const prefix = "nginx.ingress.kubernetes.io/"
	whole := func(p Place) []string { return []string{ingress(p, p.First, "")} }
	return Router{
		Name: "nginx annotations", Exact: true, Headers: true, Written: ingresses.Resource,
		Routing: `{nginx: {stableIngress: web, additionalIngressAnnotations: {canary-by-header: x-canary, canary-by-header-value: "true"}}}`,
		Divided: whole,
		Whole:   whole,
		ByHand: func(p Place) []string {
			second := p
			second.Name += "-canary"
			return append(whole(p), ingress(second, p.Second, prefix+`canary: "true", `+prefix+`canary-weight: "0"`))
		},
		Turn: func(p Place, share int) Turn {
			annotations := map[string]any{prefix + "canary-weight": strconv.Itoa(share)}
			return Turn{Resource: ingresses, Name: p.Name + "-canary", Patch: map[string]any{"metadata": map[string]any{"annotations": annotations}}}
		},
	}
}

// HTTPRoute is by a route of the Gateway API.
func HTTPRoute() Router {
	route := func(p Place, backends string) []string {
		return []string{fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: %s}
spec:
  parentRefs: [{name: traefik, namespace: traefik}]
  hostnames: [%s]
  rules: [{backendRefs: [%s]}]
`, p.Name, p.Host, backends)}
	}
	divided := func(p Place) []string {
		return route(p, fmt.Sprintf("{name: %s, port: 80, weight: 100}, {name: %s, port: 80, weight: 0}", p.First, p.Second))
	}
	return Router{
		Name: "HTTPRoute", Exact: true, Headers: true, Written: httpRoutes.Resource,
		Routing:    "{managedRoutes: [{name: x-canary}], gatewayAPI: {httpRoute: web}}",
		HeaderStep: `setHeaderRoute: {name: x-canary, match: [{headerName: x-canary, headerValue: {exact: "true"}}]}`,
		Divided:    divided,
		Whole:      func(p Place) []string { return route(p, fmt.Sprintf("{name: %s, port: 80}", p.First)) },
		ByHand:     divided,
		Turn: func(p Place, share int) Turn {
			rules := []any{map[string]any{"backendRefs": weighted(p, share)}}
			return Turn{Resource: httpRoutes, Name: p.Name, Patch: map[string]any{"spec": map[string]any{"rules": rules}}}
		},
	}
}

// TraefikService is by the weights of Traefik's own kind. It has no form for the header.
func TraefikService() Router {
	route := func(p Place, service string) string {
		return fmt.Sprintf(`
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: %s}
spec:
  entryPoints: [web]
  routes: [{kind: Rule, match: Host(`+"`%s`"+`), services: [%s]}]
`, p.Name, p.Host, service)
	}
	divided := func(p Place) []string {
		return []string{fmt.Sprintf(`
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: %s}
spec:
  weighted: {services: [{name: %s, port: 80, weight: 100}, {name: %s, port: 80, weight: 0}]}
`, p.Name, p.First, p.Second), route(p, "{kind: TraefikService, name: "+p.Name+"}")}
	}
	return Router{
		Name: "TraefikService", Exact: true, Written: traefikServices.Resource,
		Routing: "{traefik: {weightedTraefikServiceName: web}}",
		Divided: divided,
		Whole:   func(p Place) []string { return []string{route(p, fmt.Sprintf("{name: %s, port: 80}", p.First))} },
		ByHand:  divided,
		Turn: func(p Place, share int) Turn {
			services := map[string]any{"services": weighted(p, share)}
			return Turn{Resource: traefikServices, Name: p.Name, Patch: map[string]any{"spec": map[string]any{"weighted": services}}}
		},
	}
}

// weighted are both Services of a place.
func weighted(p Place, share int) []any {
	return []any{
		map[string]any{"name": p.First, "port": 80, "weight": 100 - share},
		map[string]any{"name": p.Second, "port": 80, "weight": share},
	}
}
