package mesh

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Router is a kind of objects that bear shares. Everything is made for a Rollout named web.
type Router struct {
	Name string
	// Objects are the user's own, for a host that is divided.
	Objects func(Place) []string
	// Routing is the Rollout's trafficRouting, and HeaderStep the step that sends calls with the header x-canary: true to the canary; empty
	// if the user's own objects do so.
	Routing, HeaderStep string
	// Services of the Rollout besides the one that is called, and their fields in the strategy.
	Services []string
	Fields   string
}

// Place is a host whose calls are divided.
type Place struct {
	Host     string
	Gateways string // of the VirtualService, as YAML; empty for the mesh
	Pinned   bool   // see pins
	// Stable and Canary are hashes of pods; empty where a Rollout writes them.
	Stable, Canary string
	Share          int // of the canary, in per cent
}

// pins are routes that nobody takes. They keep both receivers in the client's list of clusters: gRPC as its own proxy fails calls for some
// milliseconds ("unknown cluster selected for RPC") when a route comes to use a cluster that no route used, and Istio leaves destinations
// of weight 0 out of a route. Envoys do not need them.
func (p Place) pins(stable, canary string) string {
	if !p.Pinned {
		return ""
	}
	return fmt.Sprintf(`
  - name: pin-stable
    match: [{headers: {x-pin: {exact: stable}}}]
    route: [{destination: %s}]
  - name: pin-canary
    match: [{headers: {x-pin: {exact: canary}}}]
    route: [{destination: %s}]`, stable, canary)
}

// divided is a VirtualService; first are routes before those that divide.
func (p Place) divided(stable, canary, first string) string {
	gateways := p.Gateways
	if gateways == "" {
		gateways = "[mesh]"
	}
	return fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: %[1]s}
spec:
  hosts: [%[1]s]
  gateways: %[2]s
  http:%[3]s%[4]s
  - name: primary
    route:
    - {destination: %[5]s, weight: %[7]d}
    - {destination: %[6]s, weight: %[8]d}
`, p.Host, gateways, p.pins(stable, canary), first, stable, canary, 100-p.Share, p.Share)
}

// Hosts divides between two Services. The header is a step's.
func Hosts() Router {
	return Router{
		Name:       "Istio by host",
		Objects:    func(p Place) []string { return []string{p.divided("{host: web-stable}", "{host: web-canary}", "")} },
		Routing:    "{managedRoutes: [{name: x-canary}, {name: mirror}], istio: {virtualService: {name: web, routes: [primary]}}}",
		HeaderStep: `setHeaderRoute: {name: x-canary, match: [{headerName: x-canary, headerValue: {exact: "true"}}]}`,
		Services:   []string{"web-stable", "web-canary"},
		Fields:     "stableService: web-stable\n      canaryService: web-canary",
	}
}

// Subsets divides between two subsets of one Service. The header is the user's own route in front of the shares, and nobody moves it.
func Subsets() Router { return subsets("Istio by subset", "") }

// Ejecting divides between subsets too, and has proxies leave out a pod that has failed three times in a row. Zones do not count: else Istio
// has a client call pods of its own zone alone.
func Ejecting() Router {
	const policy = `
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 5s, maxEjectionPercent: 100}
    loadBalancer: {localityLbSetting: {enabled: false}}`
	return subsets("Istio with outlier detection", policy)
}

func subsets(name, policy string) Router {
	return Router{
		Name: name,
		Objects: func(p Place) []string {
			stable, canary := fmt.Sprintf("{host: %s, subset: stable}", p.Host), fmt.Sprintf("{host: %s, subset: canary}", p.Host)
			header := fmt.Sprintf(`
  - name: header
    match: [{headers: {x-canary: {exact: "true"}}}]
    route: [{destination: %s}]`, canary)
			return []string{p.rule(policy), p.divided(stable, canary, header)}
		},
		Routing: "{managedRoutes: [{name: mirror}], istio: {virtualService: {name: web, routes: [primary]}, destinationRule: {name: web, stableSubsetName: stable, canarySubsetName: canary}}}",
	}
}

// rule has the two subsets, and a policy for all calls, as YAML.
func (p Place) rule(policy string) string {
	labels := func(hash string) string {
		if hash == "" {
			return "{app: web}"
		}
		return fmt.Sprintf("{%s: %s}", v1alpha1.DefaultRolloutUniqueLabelKey, hash)
	}
	return fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: %[1]s}
spec:
  host: %[1]s%[4]s
  subsets:
  - {name: stable, labels: %[2]s}
  - {name: canary, labels: %[3]s}
`, p.Host, labels(p.Stable), labels(p.Canary), policy)
}
