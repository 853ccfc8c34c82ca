package e2e

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// An example is one folder of examples/, and what a canary of it must look like at each moment of rest.
type example struct {
	folder, rollout string
	edits           []func(*unstructured.Unstructured)
	acceptedRoute   string   // an HTTPRoute of which a gateway has to say that it has taken it
	fromDeployment  bool     // its image is set in the Deployment of its name
	first           string   // where the first version comes to rest
	promote         []int32  // the pauses that a person ends
	rests           []string // where the second version does
	weights         []int64
	phases          []string
	selections      map[string][]string
	end             string
}

const (
	progressing = string(v1alpha1.RolloutPhaseProgressing)
	paused      = string(v1alpha1.RolloutPhasePaused)
	healthy     = string(v1alpha1.RolloutPhaseHealthy)
)

func TestExamples(t *testing.T) {
	t.Parallel()
	soon := onRollouts(inCanary("scaleDownDelaySeconds", int64(1)))
	hosts := map[string][]string{
		"myapp-stable-svc": {`""`, "r1", "r2"},
		"myapp-canary-svc": {`""`, "r1", "r2"},
	}
	byHost := []string{
		"1/7 Paused 10% r1:3/3 r2:1/1 stable=r1 canary=r2",
		"3/7 Paused 30% r1:3/3 r2:1/1 stable=r1 canary=r2",
		"5/7 Paused 60% r1:3/3 r2:2/2 stable=r1 canary=r2",
		"7/7 Healthy 0% r1:3/3 r2:3/3 stable=r2 canary=r2",
	}
	// Where a step needs no other pods, one pause follows upon the other.
	once := []string{progressing, paused, progressing, healthy}
	twice := []string{progressing, paused, progressing, paused, progressing, healthy}
	thrice := append([]string{progressing, paused}, twice...) // a gateway takes its time
	for name, c := range map[string]example{
		"Istio moves weights between two Services": {
			folder: "01-istio-canary", rollout: "myapp-rollout", edits: []func(*unstructured.Unstructured){soon},
			first:   "7/7 Healthy 0% r1:3/3 stable=r1 canary=r1",
			promote: []int32{5}, rests: byHost, weights: []int64{0, 10, 30, 60, 100, 0}, phases: twice, selections: hosts,
			end: "7/7 Healthy 0% r2:3/3 stable=r2 canary=r2",
		},
		"nginx gets a second Ingress": {
			folder: "03-nginx-canary", rollout: "myapp-rollout", edits: []func(*unstructured.Unstructured){soon},
			first:   "7/7 Healthy 0% r1:3/3 stable=r1 canary=r1",
			promote: []int32{5}, rests: byHost, weights: []int64{0, 10, 30, 60, 100, 0}, phases: twice, selections: hosts,
			end: "7/7 Healthy 0% r2:3/3 stable=r2 canary=r2",
		},
		"weights in an HTTPRoute, as the gateway takes them": {
			folder: "10-gateway-api", rollout: "myapp-rollout", edits: []func(*unstructured.Unstructured){soon}, acceptedRoute: "myapp-route",
			first:   "7/7 Healthy 0% r1:3/3 stable=r1 canary=r1",
			promote: []int32{5}, rests: byHost, weights: []int64{0, 10, 30, 60, 100, 0}, phases: thrice, selections: hosts,
			end: "7/7 Healthy 0% r2:3/3 stable=r2 canary=r2",
		},
		"pods stand for shares without a router": {
			folder: "04-no-router", rollout: "myapp-rollout",
			first:   "4/4 Healthy r1:10/10",
			promote: []int32{1},
			rests:   []string{"1/4 Paused r1:8/8 r2:2/2", "3/4 Paused r1:5/5 r2:5/5", "4/4 Healthy r2:10/10"},
			phases:  twice,
			end:     "4/4 Healthy r2:10/10",
		},
		"WEB keeps two pods on two nodes": {
			folder: "05-web-ha", rollout: "web",
			first: "7/7 Healthy 0% r1:2/2 stable=r1 canary=r1",
			rests: []string{
				"1/7 Paused 10% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"3/7 Paused 50% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"5/7 Paused 90% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"7/7 Healthy 0% r2:2/2 stable=r2 canary=r2",
			},
			weights: []int64{0, 10, 50, 90, 100, 0}, phases: once,
			end: "7/7 Healthy 0% r2:2/2 stable=r2 canary=r2",
		},
		"WAS keeps two pods beside an autoscaler": {
			folder: "06-was-ha", rollout: "was",
			first: "6/6 Healthy 0% r1:2/2 stable=r1 canary=r1",
			rests: []string{
				"1/6 Paused 20% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"3/6 Paused 50% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"5/6 Paused 80% r1:1/1 r2:1/1 stable=r1 canary=r2",
				"6/6 Healthy 0% r2:2/2 stable=r2 canary=r2",
			},
			weights: []int64{0, 20, 50, 80, 100, 0}, phases: once,
			end: "6/6 Healthy 0% r2:2/2 stable=r2 canary=r2",
		},
		"three pods and one behind one Service": {
			folder: "07-plain-kubernetes", rollout: "helloworld",
			first:   "2/2 Healthy r1:4/4",
			promote: []int32{1},
			rests:   []string{"1/2 Paused r1:3/3 r2:1/1", "2/2 Healthy r2:4/4"},
			phases:  once,
			end:     "2/2 Healthy r2:4/4",
		},
		"a preview, and one switch": {
			folder: "08-blue-green", rollout: "myapp-rollout", edits: []func(*unstructured.Unstructured){onRollouts(inBlueGreen("scaleDownDelaySeconds", int64(1)))},
			first:   "Healthy r1:3/3 active=r1 preview=r1",
			promote: []int32{atThePreview},
			rests:   []string{"Paused r1:3/3 r2:3/3 active=r1 preview=r2", "Healthy r1:3/3 r2:3/3 active=r2 preview=r2"},
			phases:  []string{progressing, paused, healthy}, // everything is there by the time of the switch
			selections: map[string][]string{
				"myapp-active-svc":  {`""`, "r1", "r2"},
				"myapp-preview-svc": {`""`, "r1", "r2"},
			},
			end: "Healthy r2:3/3 active=r2 preview=r2",
		},
		"pods of a Deployment": {
			folder: "09-from-a-deployment", rollout: "helloworld", fromDeployment: true,
			first:   "2/2 Healthy r1:4/4",
			promote: []int32{1},
			rests:   []string{"1/2 Paused r1:3/3 r2:1/1", "2/2 Healthy r2:4/4"},
			phases:  once,
			end:     "2/2 Healthy r2:4/4",
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); c.run(t) })
	}
}

func (c example) run(t *testing.T) {
	t.Helper()
	s := NewScene(t, lab)
	if c.acceptedRoute != "" {
		s.acceptAlways(c.acceptedRoute)
	}
	s.Apply(filepath.Join(root, "examples", c.folder), append(c.edits, onRollouts(shorterPauses))...)
	s.AwaitPhase(c.rollout, v1alpha1.RolloutPhaseHealthy)
	s.Await("the router to follow", func(now *State) bool { return now.sentence(c.rollout) == c.first })
	begun := s.Trace().Version()
	if phases := s.Trace().Phases(c.rollout, 0); slices.Contains(phases, string(v1alpha1.RolloutPhaseDegraded)) {
		t.Errorf("the phases of a first deployment are %v: nothing was wrong with it", phases)
	}

	s.setImageOf(c, green)
	for _, step := range c.promote {
		s.AwaitPause(c.rollout, step)
		s.Promote(c.rollout)
	}
	s.Await("version 2 to be all there is", func(now *State) bool { return now.sentence(c.rollout) == c.end })

	trace := s.Trace()
	for what, diff := range map[string]string{
		"rests":   cmp.Diff(c.rests, trace.Steps(c.rollout, begun)),
		"weights": cmp.Diff(c.weights, trace.Weights(c.rollout, begun)),
		"phases":  cmp.Diff(append([]string{healthy}, c.phases...), trace.Phases(c.rollout, begun)),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	for service, want := range c.selections {
		if diff := cmp.Diff(want, trace.Selections(service)); diff != "" {
			t.Errorf("what Service %s selects (-want +got):\n%s", service, diff)
		}
	}
	s.Safe()
	s.withinBudget(c.rollout, trace)
}

// setImageOf delivers another version of an example.
func (s *Scene) setImageOf(c example, image string) {
	s.Helper()
	if c.fromDeployment {
		s.SetDeployedImage(c.rollout, image)
		return
	}
	s.SetImage(c.rollout, image)
}

// withinBudget holds dynamicStableScale to its word: no pod more than replicas, at any instant, those that terminate counted.
func (s *Scene) withinBudget(rollout string, trace Trace) {
	s.Helper()
	for entry, state := range trace.States() {
		ro := state.rollout(rollout)
		if ro == nil || ro.Spec.Strategy.Canary == nil || !ro.Spec.Strategy.Canary.DynamicStableScale {
			continue
		}
		if pods := state.pods(ro.Labels["app"]); pods > int(*ro.Spec.Replicas) {
			s.Fatalf("%d pods instead of at most %d after %s", pods, *ro.Spec.Replicas, entry)
		}
		if pending := pendingPods(state); len(pending) > 0 {
			s.Fatalf("pods that fit nowhere after %s: %v", entry, pending)
		}
	}
}

// pendingPods are those that the scheduler gave up on.
func pendingPods(s *State) []string {
	var pending []string
	for _, pod := range s.all("Pod") {
		conditions, _, _ := unstructured.NestedSlice(pod.Object, "status", "conditions")
		if slices.ContainsFunc(conditions, func(entry any) bool {
			condition, _ := entry.(map[string]any)
			return condition["type"] == "PodScheduled" && condition["reason"] == "Unschedulable"
		}) {
			pending = append(pending, pod.GetName())
		}
	}
	return pending
}
