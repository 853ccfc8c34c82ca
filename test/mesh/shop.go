package mesh

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Versions in the order in which they are delivered.
const (
	blue  = "blue"
	green = "green"
)

// rate of the calls that are measured, a second.
const rate = 500

// Shop is a Rollout named web in a mesh, and a pod that calls it.
type Shop struct {
	traffic.Stage

	bench  *Bench
	router Router
	way    Way
	caller string // address of the pod
}

// NewShop opens a namespace with a pod that calls.
func NewShop(t *testing.T, b *Bench, way Way, router Router) *Shop {
	t.Helper()
	s := &Shop{Stage: traffic.Stage{Scene: e2e.NewScene(t, b.Lab, recorded...), Lab: b.Lab}, bench: b, router: router, way: way}
	if way.Objects != nil {
		s.CreateAll(way.Objects(s.Namespace)...)
	}
	s.CreateYAML(s.callingPod())
	s.caller = s.awaitCaller()
	return s
}

// callingPod knows no more than where istiod is.
func (s *Shop) callingPod() string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: caller, labels: {app: caller, shop: %s}}
spec:
  containers:
  - name: app
    image: %s:caller
    args: [call]
    env:%s
    - {name: ISTIOD, value: "%s"}
    ports: [{containerPort: 8080}]
    readinessProbe: {httpGet: {path: /ready, port: 8080}}
%s`, s.Namespace, podImage, FromPod("    "), Discovery, s.way.Container)
}

// FromPod are variables that tell a container who it is.
func FromPod(indent string) string {
	var text strings.Builder
	for _, v := range [][2]string{{"POD_IP", "status.podIP"}, {"POD_NAME", "metadata.name"}, {"NAMESPACE", "metadata.namespace"}} {
		fmt.Fprintf(&text, "\n%s- {name: %s, valueFrom: {fieldRef: {fieldPath: %s}}}", indent, v[0], v[1])
	}
	return text.String()
}

// awaitCaller waits until the pod is ready and returns its address.
func (s *Shop) awaitCaller() string {
	s.Helper()
	address := ""
	s.Await(pods, "app=caller", "the pod that calls", func(all []*unstructured.Unstructured) bool {
		if len(all) == 1 && ready(all[0]) {
			address, _, _ = unstructured.NestedString(all[0].Object, "status", "podIP")
		}
		return address != ""
	})
	return address
}

// OpenCanary creates a Rollout of four pods that stops at each share, once before the first, and is all version blue. instance names the
// controller that it belongs to; empty for the shared one. More are steps before all others.
func (s *Shop) OpenCanary(instance string, more ...string) {
	s.Helper()
	for _, name := range append([]string{"web"}, s.router.Services...) {
		s.CreateYAML(s.service(name))
	}
	s.CreateAll(s.router.Objects(Place{Host: "web", Gateways: s.way.Gateways, Pinned: s.way.Pinned})...)
	s.CreateYAML(rollout(instance, fmt.Sprintf(`
    canary:
      %s
      scaleDownDelaySeconds: 2
      trafficRouting: %s
      steps: %s
`, s.router.Fields, s.router.Routing, s.steps(more))))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
}

// steps of a whole canary. The first pause comes when there is a canary that only the header reaches.
func (s *Shop) steps(more []string) string {
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
	for _, step := range more {
		add(step)
	}
	pause()
	for i, share := range traffic.Shares {
		add(fmt.Sprintf("setWeight: %d", share))
		if i == 0 { // not sooner: a canary that matches no weight has no pod for the header's calls
			add("setCanaryScale: {matchTrafficWeight: true}")
		}
		pause()
	}
	return text.String()
}

// rollout is one with a strategy. A pod serves for three seconds after it was told to go, as pods in a mesh must: until then its
// clients may not have heard of it.
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
      - name: app
        image: %s:blue
        args: [answer]
        env:
        - {name: VERSION, value: blue}
        - {name: ERROR_RATE, value: "0"}%s
        ports: [{containerPort: 9090}, {containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
        lifecycle: {preStop: {sleep: {seconds: 3}}}
  strategy:%s`, labels, podImage, FromPod("        "), strategy)
}

func (s *Shop) service(name string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s}
spec:
  selector: {app: web}
  ports: [%s]
`, name, s.way.Port)
}

// plan calls a Service.
func (s *Shop) plan(service string) Plan {
	plan := s.way.Plan(service, s.Namespace, s.caller)
	plan.Rate = rate
	return plan
}

func (s *Shop) send(plan Plan) *Load {
	s.Helper()
	return Send(s.T, s.Lab, s.caller+":8080", plan)
}

// Load sends what everybody sends.
func (s *Shop) Load() *Load {
	s.Helper()
	load := s.send(s.plan("web"))
	load.AwaitAnswer(blue)
	return load
}

// headers sends calls with the header.
func (s *Shop) headers() *Load {
	s.Helper()
	plan := s.plan("web")
	plan.Rate, plan.Headers = rate/5, map[string]string{"x-canary": "true"}
	return s.send(plan)
}

// Deliver sets the version of the Rollout: its image, and what its pods say of themselves; and which part of the calls they answer
// with an error, 0 to 1.
func (s *Shop) Deliver(version string, errors float64) {
	s.Helper()
	container := "/spec/template/spec/containers/0/"
	s.Patch(&v1alpha1.Rollout{}, "web", types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": container + "image", "value": podImage + ":" + version},
		map[string]any{"op": "replace", "path": container + "env/0/value", "value": version},
		map[string]any{"op": "replace", "path": container + "env/1/value", "value": fmt.Sprint(errors)},
	})
}
