package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

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
	*e2e.Scene

	lab    *e2e.Lab
	proxy  Proxy
	router Router
	pauses []int32 // steps
}

// NewShop opens a namespace with nothing in it.
func NewShop(t *testing.T, lab *e2e.Lab, proxy Proxy, router Router) *Shop {
	t.Helper()
	return &Shop{Scene: e2e.NewScene(t, lab, recorded...), lab: lab, proxy: proxy, router: router}
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
	s.createAll(service(place.First), service(place.Second))
	s.createAll(s.router.Divided(place)...)
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

// shares of a whole canary.
var shares = []int{10, 50, 90, 100}

// steps of a whole canary. The first pause comes when there is a canary that only the header reaches.
func (s *Shop) steps() string {
	var text bytes.Buffer
	index := int32(0)
	add := func(step string) {
		fmt.Fprintf(&text, "\n      - %s", step)
		index++
	}
	pause := func() {
		s.pauses = append(s.pauses, index)
		add("pause: {}")
	}
	add("setCanaryScale: {replicas: 1}")
	if s.router.HeaderStep != "" {
		add(s.router.HeaderStep)
	}
	pause()
	for i, share := range shares {
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
	s.createAll(service("web-active"), service("web-preview"))
	s.createAll(s.router.Whole(place)...)
	s.CreateYAML(rollout("", `
    blueGreen: {activeService: web-active, previewService: web-preview, autoPromotionEnabled: false, scaleDownDelaySeconds: 8}
`))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.awaitRoute(place.Host)
}

// rollout is one with a strategy. A pod serves for three seconds after it was told to go, as the pods behind every proxy must: until then
// the proxy may not have heard of it.
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

func (s *Shop) createAll(texts ...string) {
	s.Helper()
	for _, text := range texts {
		s.CreateYAML(text)
	}
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
	load := Send(s.T, s.lab, plan)
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
	load := Send(s.T, s.lab, Plan{Host: s.place("", "").Host, Rate: rate, Through: s.proxy.Address})
	load.AwaitAnswer(blue)
	return load
}

// Deliver sets the version of the Rollout.
func (s *Shop) Deliver(version string) {
	s.Helper()
	s.SetImage("web", "kanari.dev/demo:"+version)
}

// Rest waits for the pause before the first share if it is zero, else for that of the share.
func (s *Shop) Rest(share int) {
	s.Helper()
	s.AwaitPause("web", s.pauses[slices.Index(shares, share)+1])
}

// Go ends pauses until the canary has a share.
func (s *Shop) Go(share int) {
	s.Helper()
	s.Rest(0)
	for _, next := range shares {
		s.Promote("web")
		s.Rest(next)
		if next == share {
			return
		}
	}
}

// AwaitPods waits until the Rollout has so many pods, all of them ready.
func (s *Shop) AwaitPods(count int) {
	s.Helper()
	err := Await(s.Context(), s.lab, Watched{pods, s.Namespace, "app=web"}, fmt.Sprintf("%d pods", count), func(all []*unstructured.Unstructured) bool {
		return len(all) == count && !slices.ContainsFunc(all, func(pod *unstructured.Unstructured) bool { return !Ready(read[corev1.Pod](pod)) })
	})
	if err != nil {
		s.Fatal(err)
	}
}

// Hash is that which a Service selects.
func (s *Shop) Hash(service string) string {
	s.Helper()
	object, err := s.lab.Dynamic.Resource(services).Namespace(s.Namespace).Get(s.Context(), service, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	hash, _, _ := unstructured.NestedString(object.Object, "spec", "selector", v1alpha1.DefaultRolloutUniqueLabelKey)
	return hash
}

// Apply patches an object, and returns when the patch was sent.
func (s *Shop) Apply(turn Turn) time.Time {
	s.Helper()
	body, err := json.Marshal(turn.Patch)
	if err != nil {
		s.Fatal(err)
	}
	sent := time.Now()
	client := s.lab.Dynamic.Resource(turn.Resource).Namespace(s.Namespace)
	if _, err := client.Patch(s.Context(), turn.Name, types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
		s.Fatalf("patching %s: %v", turn.Name, err)
	}
	return sent
}

// Crash has the containers of all ready pods of a hash end at once, as a kill would, and returns the names of the pods.
func (s *Shop) Crash(hash string) []string {
	s.Helper()
	list, err := s.lab.Dynamic.Resource(pods).Namespace(s.Namespace).List(s.Context(), metav1.ListOptions{LabelSelector: v1alpha1.DefaultRolloutUniqueLabelKey + "=" + hash})
	if err != nil {
		s.Fatal(err)
	}
	var crashed []string
	for i := range list.Items {
		if pod := read[corev1.Pod](&list.Items[i]); Ready(pod) {
			crashed = append(crashed, pod.Name)
		}
	}
	for _, name := range crashed {
		answer, err := command(context.WithoutCancel(s.Context()), s.lab, nil, "pods", s.Namespace, name, "crash")
		if err != nil {
			s.Fatal(err)
		}
		_ = answer.Close()
	}
	return crashed
}
