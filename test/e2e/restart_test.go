package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// restartable is a Rollout of three pods that may all be unavailable at a time, for all the Rollout cares.
const restartable = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: kanari.dev/demo:blue, ports: [{containerPort: 80}]}]
  strategy: {canary: {maxUnavailable: %s}}
`

// A PodDisruptionBudget has its say: the Rollout would let all pods go at once, the budget one at a time.
func TestRestartWithinADisruptionBudget(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	budget := &policyv1.PodDisruptionBudget{}
	if err := yaml.Unmarshal([]byte(`{metadata: {name: web}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}`), budget); err != nil {
		t.Fatal(err)
	}
	s.Create(budget)
	s.CreateYAML(fmt.Sprintf(restartable, "100%"))
	s.awaitSentence("Healthy r1:3/3")
	s.Await("the budget to know its pods", func(now *State) bool {
		return read[policyv1.PodDisruptionBudget](now.object("PodDisruptionBudget", "web")).Status.DisruptionsAllowed == 1
	})

	s.replacesAll(2, func() {
		s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"restartAt": time.Now().Add(time.Second).UTC().Format(time.RFC3339)}})
	})
	requests, err := lab.Requests(lab.userOf("shared"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(requests, func(r Request) bool {
		return r.What() == "pods/eviction" && r.Object.Namespace == s.Namespace && r.Response.Code == http.StatusTooManyRequests
	}) {
		t.Error("the budget never refused anything: it was not put to the test")
	}
}

// Without a budget the Rollout's own maxUnavailable counts.
func TestRestartByTheCommandLine(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	run := plugin(t, s.Namespace)
	s.CreateYAML(fmt.Sprintf(restartable, "1"))
	s.awaitSentence("Healthy r1:3/3")
	s.replacesAll(2, func() {
		run("restart web --in 1s", 0, "restart")
		s.CatchUp()
	})
}

// replacesAll restarts the Rollout web and demands that all its pods are others afterwards, with never fewer ready than that.
func (s *Scene) replacesAll(least int, restart func()) {
	s.Helper()
	former, begun := s.state.living("web"), s.Trace().Version()
	restart()
	now := s.Await("all pods to be new and ready", func(now *State) bool {
		ro := now.rollout("web")
		return ro.Spec.RestartAt != nil && ro.Spec.RestartAt.Equal(ro.Status.RestartedAt) && now.ready("web") == 3 && now.sentence("web") == "Healthy r1:3/3"
	})
	for name := range maps.Keys(now.living("web")) {
		if former[name] != nil {
			s.Errorf("Pod %s is still there", name)
		}
	}
	for entry, state := range s.Trace().After(begun) {
		if ready := state.ready("web"); ready < least {
			s.Fatalf("%d pods are ready, want at least %d (after %s)", ready, least, entry)
		}
	}
}
