package traffic

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
)

// Versions in the order in which they are delivered.
const (
	blue  = "blue"
	green = "green"
)

// rate of the requests that are measured, a second.
const rate = 500

// Shop is a Rollout named web behind a proxy.
type Shop struct {
	Stage

	proxy  Proxy
	router Router
}

// NewShop opens a namespace with nothing in it.
func NewShop(t *testing.T, lab *e2e.Lab, proxy Proxy, router Router) *Shop {
	t.Helper()
	return &Shop{Stage: Stage{Scene: e2e.NewScene(t, lab, recorded...), Lab: lab}, proxy: proxy, router: router}
}

// place is that of the Rollout.
func (s *Shop) place(first, second string) Place {
	return Place{Name: "web", Host: s.Namespace + ".example", First: first, Second: second}
}

// OpenCanary creates a Rollout of four pods that stops at each share, once before the first, and is all version blue. instance names the
// controller that it belongs to; empty for the shared one.
func (s *Shop) OpenCanary(instance string) {
	s.Helper()
	place := s.place("web-stable", "web-canary")
	s.CreateAll(service(place.First), service(place.Second))
	s.CreateAll(s.router.Divided(place)...)
	s.CreateYAML(rollout(instance, fmt.Sprintf(`
    canary:
      stableService: web-stable
      canaryService: web-canary
      scaleDownDelaySeconds: 2
      trafficRouting: %s
      steps: %s
`, s.router.Routing, s.steps())))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.awaitRoute(place.Host)
}

// steps of a whole canary. The first pause comes when there is a canary that only the header reaches.
func (s *Shop) steps() string {
	var text bytes.Buffer
	index := int32(0)
	add := func(step string) {
		fmt.Fprintf(&text, "\n      - %s", step)
		index++
	}
	pause := func() {
		s.Pauses = append(s.Pauses, index)
		add("pause: {}")
	}
	add("setCanaryScale: {replicas: 1}")
	if s.router.HeaderStep != "" {
		add(s.router.HeaderStep)
	}
	pause()
	for i, share := range Shares {
		add(fmt.Sprintf("setWeight: %d", share))
		if i == 0 { // not sooner: a canary that matches no weight has no pod for the header's requests
			add("setCanaryScale: {matchTrafficWeight: true}")
		}
		pause()
	}
	return text.String()
}

// OpenBlueGreen creates a Rollout of four pods with a preview that waits for a person.
func (s *Shop) OpenBlueGreen() {
	s.Helper()
	place := s.place("web-active", "")
	s.CreateAll(service("web-active"), service("web-preview"))
	s.CreateAll(s.router.Whole(place)...)
	s.CreateYAML(rollout("", `
    blueGreen: {activeService: web-active, previewService: web-preview, autoPromotionEnabled: false, scaleDownDelaySeconds: 8}
`))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.awaitRoute(place.Host)
}

// rollout is one with a strategy. A pod serves for three seconds after it was told to go, and gets a share only a second after it is ready, as
// the pods behind every proxy should: until then the proxy may not have heard of it.
func rollout(instance, strategy string) string {
	labels := "{}"
	if instance != "" {
		labels = fmt.Sprintf("{%s: %s}", v1alpha1.ControllerInstanceIDLabel, instance)
	}
	return fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, labels: %s}
spec:
  replicas: 4
  minReadySeconds: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "kanari.dev/demo:blue", ports: [{containerPort: 80}], lifecycle: {preStop: {sleep: {seconds: 3}}}}
  strategy:%s`, labels, strategy)
}

func service(name string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 80}]
`, name)
}

// awaitRoute waits until the proxy knows a host and version blue answers all its requests.
func (s *Shop) awaitRoute(host string) {
	s.Helper()
	s.awaitWay(Plan{Host: host, Through: s.proxy.Address}, blue)
}

// awaitWay waits until a version answers all requests like those of a plan. What is counted begins after that.
func (s *Shop) awaitWay(plan Plan, version string) {
	s.Helper()
	plan.Rate = 20
	load := Send(s.T, s.Lab, plan)
	load.await(version+" to answer "+plan.Host, func(reports []Report) bool {
		const enough = 3
		if len(reports) < enough {
			return false
		}
		last := Sum(reports[len(reports)-enough:], time.Time{}, time.Time{})
		return last.Requests > 0 && last.Versions[version].Requests == last.Requests && last.Errors == 0
	})
	load.End()
}

// Load sends what everybody sends.
func (s *Shop) Load() *Load {
	s.Helper()
	load := Send(s.T, s.Lab, Plan{Host: s.place("", "").Host, Rate: rate, Through: s.proxy.Address})
	load.AwaitAnswer(blue)
	return load
}

// Deliver sets the version of the Rollout.
func (s *Shop) Deliver(version string) {
	s.Helper()
	s.SetImage("web", "kanari.dev/demo:"+version)
}
