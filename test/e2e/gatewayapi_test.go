package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// openRoute creates what a canary over an HTTPRoute needs, with a block trafficRouting in flow style. The second rule is somebody else's.
func (s *Scene) openRoute(routing, steps string) {
	s.Helper()
	s.OpenServices("web")
	s.CreateYAML(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  hostnames: [` + s.Namespace + `.example]
  rules:
  - backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]
  - {name: theirs, matches: [{path: {type: Exact, value: /theirs}}], timeouts: {request: 7s}, backendRefs: [{name: other, port: 80}]}
`)
	s.CreateYAML(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: kanari.dev/demo:blue, ports: [{containerPort: 80}]}]
  strategy:
    canary:
      stableService: web-stable
      canaryService: web-canary
      abortScaleDownDelaySeconds: 1
      scaleDownDelaySeconds: 1
      trafficRouting: ` + routing + `
      steps: ` + steps + `
`)
}

// A weight counts when the gateway has taken it, a step is over when its weight counts, and pods go when nobody is sent to them any more.
func TestCanaryOverAnHTTPRoute(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.openRoute("{gatewayAPI: {httpRoute: web}}", "[{setWeight: 10}, {pause: {}}, {setWeight: 50}, {pause: {}}, {setWeight: 100}]")
	s.Await("the route", func(now *State) bool { return now.object("HTTPRoute", "web") != nil })
	s.Accept("web")
	s.awaitSentence("5/5 Healthy 0% r1:2/2 stable=r1 canary=r1")
	theirs := ruleNamed(s.state.object("HTTPRoute", "web"), "theirs")
	begun := s.Trace().Version()

	s.SetImage("web", green)
	s.awaitUntaken(10)
	s.Accept("web")
	s.AwaitPause("web", 1)
	s.Promote("web")
	s.awaitUntaken(50)
	s.Accept("web")
	s.AwaitPause("web", 3)

	s.Abort("web")
	s.awaitUntaken(0)
	s.Accept("web")
	s.awaitSentence("0/5 Degraded 0% r1:2/2 stable=r1 canary=r1")
	aborted := s.Trace().Version()

	s.acceptAlways("web")
	s.Retry("web")
	for _, step := range []int32{1, 3} {
		s.AwaitPause("web", step)
		s.Promote("web")
	}
	s.awaitSentence("5/5 Healthy 0% r2:2/2 stable=r2 canary=r2")

	if diff := cmp.Diff([]int64{0, 10, 50, 0, 10, 50, 100, 0}, s.Trace().Weights("web", begun)); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(theirs, ruleNamed(s.state.object("HTTPRoute", "web"), "theirs")); diff != "" {
		t.Errorf("somebody else's rule (-before +after):\n%s", diff)
	}
	s.onlyWhenTaken(begun, aborted)
	s.Safe()
}

// awaitUntaken waits until a weight is in the route and the Rollout says that the gateway has not taken it.
func (s *Scene) awaitUntaken(weight int32) {
	s.Helper()
	s.Await(fmt.Sprintf("the weight %d, not taken", weight), func(now *State) bool {
		weights := now.rollout("web").Status.Canary.Weights
		told := weights != nil && weights.Canary.Weight == weight && weights.Verified != nil && !*weights.Verified
		return told && now.weight("web") == int64(weight) && !taken(now.object("HTTPRoute", "web"))
	})
}

// onlyWhenTaken demands, at every moment between two versions, that the route was taken as it was then when a step came to its end, or pods of the
// canary were given up.
func (s *Scene) onlyWhenTaken(begun, ended uint64) {
	s.Helper()
	steps, givenUp := 0, 0
	index, pods := int32(0), int32(0)
	for entry, state := range s.Trace().After(begun) {
		if entry.Version > ended {
			break
		}
		ro, route := state.rollout("web"), state.object("HTTPRoute", "web")
		if entry.of("Rollout", "web") && ro.Status.CurrentStepIndex != nil {
			if *ro.Status.CurrentStepIndex > index && index%2 == 0 { // pauses are ended by us
				steps++
				if !taken(route) {
					s.Errorf("step %d was over before its weight was taken (after %s)", index, entry)
				}
			}
			index = *ro.Status.CurrentStepIndex
		}
		now, _ := state.size("web", 2)
		if now < pods {
			givenUp++
			if !taken(route) {
				s.Errorf("canary pods were given up before the weight that spares them was taken (after %s)", entry)
			}
		}
		pods = now
	}
	if steps < 2 || givenUp < 1 {
		s.Errorf("%d weights came to their end and pods went %d times, want two and one at least", steps, givenUp)
	}
}

// A class that cannot do what a step needs is said before anything is written; the same class with the feature lets the delivery go on.
// The route is named as people have it in the block of the plugin.
func TestAStepThatNoGatewayCanDo(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	class := s.openClass("GRPCRoute", "Gateway")
	s.CreateYAML(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: ` + class.GetName() + `, listeners: [{name: http, port: 80, protocol: HTTP}]}
`)
	s.acceptAlways("web")
	s.openRoute("{managedRoutes: [{name: testers}], plugins: {argoproj-labs/gatewayAPI: {httpRoute: web, namespace: "+s.Namespace+"}}}", `[{setWeight: 10}, {setHeaderRoute: {name: testers, match: [{headerName: x-canary, headerValue: {exact: "true"}}]}}, {pause: {}}]`)

	const why = "spec.strategy.canary.steps[1].setHeaderRoute: Invalid value"
	s.Await("the condition", func(now *State) bool {
		ro := now.rollout("web")
		if ro == nil {
			return false
		}
		c := condition(ro, v1alpha1.InvalidSpec)
		return c != nil && c.Status == corev1.ConditionTrue && strings.Contains(c.Message, why) && strings.Contains(c.Message, "KAN-GWA03")
	})
	if s.state.object("HTTPRoute", "web").GetGeneration() != 1 || len(s.state.replicaSets("web")) > 0 || s.state.selected("web-stable") != "" {
		t.Errorf("something was written for a Rollout that cannot be carried out:\n%s", s.state.story())
	}

	s.setFeatures(class, "Gateway", "HTTPRoute")
	s.awaitSentence("3/3 Healthy 0% r1:2/2 stable=r1 canary=r1")
	s.SetImage("web", green)
	s.AwaitPause("web", 2)
	rule := ruleNamed(s.state.object("HTTPRoute", "web"), "testers")
	want := s.yaml(`
name: testers
matches: [{path: {type: PathPrefix, value: /}, headers: [{type: Exact, name: x-canary, value: "true"}]}]
backendRefs: [{group: "", kind: Service, name: web-canary, port: 80, weight: 1}]
`)
	if diff := cmp.Diff(want, any(rule), cmp.Transformer("whole", whole)); diff != "" {
		t.Errorf("the rule for testers (-want +got):\n%s", diff)
	}
	s.Promote("web")
	s.awaitSentence("3/3 Healthy 0% r2:2/2 stable=r2 canary=r2")
	if left := ruleNamed(s.state.object("HTTPRoute", "web"), "testers"); left != nil {
		t.Errorf("the rule for testers is still there: %v", left)
	}
	s.Safe()
}

// whole reads numbers of both forms alike.
func whole(n int64) float64 { return float64(n) }

// openClass creates a GatewayClass for this test alone, since classes have no namespace.
func (s *Scene) openClass(features ...string) *unstructured.Unstructured {
	s.Helper()
	class := &unstructured.Unstructured{}
	text := "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: " + s.Namespace + "}\nspec: {controllerName: kanari.dev/e2e}"
	if err := yaml.Unmarshal([]byte(text), &class.Object); err != nil {
		s.Fatal(err)
	}
	if err := lab.Client.Create(s.Context(), class); err != nil {
		s.Fatalf("creating a GatewayClass: %v", err)
	}
	s.Cleanup(func() { _ = lab.Client.Delete(context.Background(), class) })
	s.setFeatures(class, features...)
	return class
}

// setFeatures has a class list what its gateways can do.
func (s *Scene) setFeatures(class *unstructured.Unstructured, features ...string) {
	s.Helper()
	var listed []any
	for _, name := range slices.Sorted(slices.Values(features)) {
		listed = append(listed, map[string]any{"name": name})
	}
	before := class.DeepCopy()
	_ = unstructured.SetNestedSlice(class.Object, listed, "status", "supportedFeatures")
	if err := lab.Client.Status().Patch(s.Context(), class, client.MergeFrom(before)); err != nil {
		s.Fatalf("listing the features of a GatewayClass: %v", err)
	}
}

// ruleNamed is the rule of that name; nil when there is none.
func ruleNamed(route *unstructured.Unstructured, name string) map[string]any {
	for _, rule := range rulesOf(route) {
		if rule["name"] == name {
			return rule
		}
	}
	return nil
}
