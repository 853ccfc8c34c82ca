package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// The promise for one update by the standard canary, events included: from the change of the image until the Rollout is healthy again, and
// then until the old pods are gone and counted out.
const (
	mostWrites       = 16
	mostWritesToTidy = 2
)

func TestCostOfTheStandardCanary(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	bill := bill{Scene: s, controller: start(t, "cost", "--leader-elect=false", "--instance-id=cost", "--namespace="+s.Namespace)}
	s.Open(Shop{Name: "web", Replicas: 2, Steps: standardSteps, Labels: ourLabel})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	bill.barrier("barrier-1")
	before := len(bill.requests())

	s.SetImage("web", "kanari.dev/demo:green")
	s.Await("version 2 to be healthy, the old pods in their delay", func(now *State) bool {
		return now.sentence("web") == "4/4 Healthy 0% r1:2/2 r2:2/2 stable=r2 canary=r2"
	})
	bill.barrier("barrier-2")
	update := bill.requests()[before:]
	bill.report(update)
	bill.expect(update, mostWrites)

	s.Await("version 2 to be all there is", func(now *State) bool {
		return now.sentence("web") == "4/4 Healthy 0% r2:2/2 stable=r2 canary=r2" && now.rollout("web").Status.Replicas == 2
	})
	bill.barrier("barrier-3")
	tidying := bill.requests()[before+len(update):]
	bill.expect(tidying, mostWritesToTidy)

	// Whatever it watches changes, and nothing about it matters.
	touch := map[string]any{"metadata": map[string]any{"labels": map[string]any{"example.com/touched": "yes"}}}
	s.Merge(&corev1.Service{}, "web-stable", touch)
	s.Merge(anyVirtualService(), "web", touch)
	s.Merge(&v1alpha1.Rollout{}, "web", touch)
	bill.barrier("barrier-4")
	for _, request := range bill.requests()[before+len(update)+len(tidying):] {
		t.Errorf("nothing was to be done, and it sent %s", request)
	}
}

const ourLabel = `{argo-rollouts.argoproj.io/controller-instance-id: cost}`

// bill is what one controller asks of the API server for the Rollout web.
type bill struct {
	*Scene

	controller *Controller
}

// barrier has the controller deliver another Rollout, from birth to health and to the event that says so. Turns are taken in the
// order in which changes were seen, so by then all earlier ones are over, and so are their events, which are sent one by one.
func (b bill) barrier(name string) {
	b.Helper()
	b.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: %[1]s, labels: %[2]s}
spec:
  replicas: 1
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec: {containers: [{name: app, image: kanari.dev/demo:blue}]}
  strategy: {canary: {}}
`, name, ourLabel))
	b.Await(name+" to be told of", func(now *State) bool {
		return now.phase(name) == v1alpha1.RolloutPhaseHealthy && slices.ContainsFunc(now.events(name), func(e *corev1.Event) bool {
			return e.Reason == "RolloutCompleted"
		})
	})
}

// requests are those that concern the Rollout web.
func (b bill) requests() []Request {
	b.Helper()
	all, err := lab.Requests(b.controller.User)
	if err != nil {
		b.Fatal(err)
	}
	return slices.DeleteFunc(all, func(r Request) bool { return r.Verb == "watch" || strings.HasPrefix(r.Object.Name, "barrier-") })
}

// expect counts writes, and finds reads that a cache should have answered.
func (b bill) expect(requests []Request, most int) {
	b.Helper()
	writes := 0
	for _, request := range requests {
		if !request.Writes() {
			b.Errorf("read from the API server instead of a cache: %s", request)
			continue
		}
		writes++
	}
	if writes > most {
		b.Errorf("%d writes, promised are at most %d: %v", writes, most, requests)
	}
}

// report prints how many requests of each kind there were.
func (b bill) report(requests []Request) {
	b.Helper()
	counts := map[string]int{}
	for _, request := range requests {
		counts[request.What()+"\t"+request.Verb]++
	}
	lines := []string{"RESOURCE\tVERB\tREQUESTS"}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%s\t%d", kind, counts[kind]))
	}
	lines = append(lines, fmt.Sprintf("all\t\t%d", len(requests)))
	report(b.T, reported{"one update by the standard canary", "cost.txt", lines})
}
