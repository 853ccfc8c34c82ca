package e2e

import (
	"fmt"
	"strings"
)

// Shop is the smallest canary with a router: a Rollout, a stable and a canary Service, and one named route of a VirtualService.
type Shop struct {
	Name     string
	Replicas int
	// Steps is a YAML list in flow style.
	Steps string
	// VirtualService is made along with the Shop if it is empty; else it exists, with a route of the Shop's name.
	VirtualService string
	// Labels go on the Rollout, as YAML in flow style.
	Labels string
	// Image of the first version; kanari.dev/demo:blue if it is empty.
	Image string
	// Annotations go on the pods, as YAML in flow style.
	Annotations string
	// Scraped asks Prometheus to look at the pods.
	Scraped bool
	// More is further lines of the canary strategy.
	More []string
}

// standardSteps are those by which costs are compared.
const standardSteps = `[{setWeight: 20}, {pause: {duration: 1s}}, {setWeight: 60}, {pause: {duration: 1s}}]`

// Open creates a Shop.
func (s *Scene) Open(shop Shop) {
	s.Helper()
	if shop.VirtualService == "" {
		shop.VirtualService = shop.Name
		s.CreateYAML(virtualService(shop.Name, shop.Name))
	}
	s.OpenServices(shop.Name)
	s.OpenRollout(shop)
}

// OpenServices creates the two Services of a Shop.
func (s *Scene) OpenServices(name string) {
	s.Helper()
	s.OpenSides(name, "stable", "canary")
}

// OpenSides creates Services over the same pods, each named after a side.
func (s *Scene) OpenSides(name string, sides ...string) {
	s.Helper()
	for _, side := range sides {
		s.CreateYAML(fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %[1]s-%[2]s}
spec:
  selector: {app: %[1]s}
  ports: [{port: 80, targetPort: 80}]
`, name, side))
	}
}

// OpenRollout creates the Rollout of a Shop.
func (s *Scene) OpenRollout(shop Shop) {
	s.Helper()
	if shop.Labels == "" {
		shop.Labels = "{}"
	}
	if shop.Image == "" {
		shop.Image = "kanari.dev/demo:blue"
	}
	if shop.Scraped {
		shop.Annotations = `{prometheus.io/scrape: "true"}`
	}
	if shop.Annotations == "" {
		shop.Annotations = "{}"
	}
	more := ""
	if len(shop.More) > 0 {
		more = "\n      " + strings.Join(shop.More, "\n      ")
	}
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: %[1]s, labels: %[2]s}
spec:
  replicas: %[3]d
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}, annotations: %[8]s}
    spec:
      containers: [{name: app, image: %[7]s, ports: [{containerPort: 80}]}]
  strategy:
    canary:
      stableService: %[1]s-stable
      canaryService: %[1]s-canary
      trafficRouting: {istio: {virtualService: {name: %[4]s, routes: [%[1]s]}}}
      steps: %[5]s%[6]s
`, shop.Name, shop.Labels, shop.Replicas, shop.VirtualService, shop.Steps, more, shop.Image, shop.Annotations))
}

// virtualService is one with a route for each Shop.
func virtualService(name string, shops ...string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: %s}\nspec:\n  hosts: [%s.example]\n  gateways: [istio-system/ingress]\n  http:\n", name, name)
	for _, shop := range shops {
		fmt.Fprintf(&text, `  - name: %[1]s
    route:
    - {destination: {host: %[1]s-stable}, weight: 100}
    - {destination: {host: %[1]s-canary}, weight: 0}
`, shop)
	}
	return text.String()
}
