package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// Former is what another controller of this API leaves behind of a Rollout named web.
type Former struct {
	strategy string // in YAML
	// versions are the revisions with their number of pods, the oldest first; the last one is the present template.
	versions []formerVersion
	// points are the versions that the Services of that name select, by index.
	points map[string]int
	weight int64  // of the canary in the VirtualService
	status string // in YAML; {v1} and {v2} stand for hashes, {steps} for that of the steps
	// goesOn is what happens next, to see that the delivery in flight goes on.
	goesOn func(*Scene)
}

type formerVersion struct {
	color string
	pods  int32
	notes map[string]string // further annotations
}

const formerCanary = `{canary: {stableService: web-stable, canaryService: web-canary,
      trafficRouting: {istio: {virtualService: {name: web, routes: [web]}}}, steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {}}]}}`

// The times and texts below are what such objects hold; nothing depends on their being recent.
const formerConditions = `
- {type: Available, status: "True", reason: AvailableReason, message: Rollout has minimum availability, lastUpdateTime: "2026-01-01T00:00:10Z", lastTransitionTime: "2026-01-01T00:00:10Z"}`

// TestTakingOverFromAnotherController: nothing is created, restarted or moved; the delivery in flight goes on from where it is.
func TestTakingOverFromAnotherController(t *testing.T) {
	for name, former := range map[string]Former{
		"a healthy canary": {
			strategy: formerCanary,
			versions: []formerVersion{{color: "blue", pods: 2}},
			points:   map[string]int{"web-stable": 0, "web-canary": 0},
			status: `{phase: Healthy, observedGeneration: "1", currentPodHash: "{v1}", stableRS: "{v1}", currentStepHash: "{steps}", currentStepIndex: 4, replicas: 2,
  updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, HPAReplicas: 2, selector: app=web, blueGreen: {},
  canary: {weights: {canary: {podTemplateHash: "{v1}", serviceName: web-canary, weight: 0}, stable: {podTemplateHash: "{v1}", serviceName: web-stable, weight: 100}}},
  conditions: [CONDITIONS]}`,
			goesOn: func(s *Scene) {
				s.SetImage("web", "kanari.dev/demo:green")
				s.AwaitPause("web", 1)
			},
		},
		"a canary that pauses": {
			strategy: formerCanary,
			versions: []formerVersion{{color: "blue", pods: 2}, {color: "green", pods: 1}},
			points:   map[string]int{"web-stable": 0, "web-canary": 1}, weight: 20,
			status: `{phase: Paused, message: CanaryPauseStep, observedGeneration: "1", currentPodHash: "{v2}", stableRS: "{v1}", currentStepHash: "{steps}", currentStepIndex: 1,
  controllerPause: true, pauseConditions: [{reason: CanaryPauseStep, startTime: "2026-01-01T00:00:20Z"}], replicas: 3, updatedReplicas: 1, readyReplicas: 3,
  availableReplicas: 3, HPAReplicas: 3, selector: app=web, blueGreen: {},
  canary: {weights: {canary: {podTemplateHash: "{v2}", serviceName: web-canary, weight: 20}, stable: {podTemplateHash: "{v1}", serviceName: web-stable, weight: 80}}},
  conditions: [CONDITIONS]}`,
			goesOn: func(s *Scene) {
				s.Promote("web")
				s.AwaitPause("web", 3)
				s.Promote("web")
				s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
			},
		},
		"a canary that was aborted": {
			strategy: formerCanary,
			versions: []formerVersion{{color: "blue", pods: 2}, {color: "green", pods: 1, notes: map[string]string{v1alpha1.ScaleDownDeadlineAnnotation: "2099-01-01T00:00:00Z"}}},
			points:   map[string]int{"web-stable": 0, "web-canary": 0},
			status: `{phase: Degraded, message: "RolloutAborted: Rollout aborted update to revision 2", abort: true, abortedAt: "2026-01-01T00:00:30Z", observedGeneration: "1",
  currentPodHash: "{v2}", stableRS: "{v1}", currentStepHash: "{steps}", currentStepIndex: 0, replicas: 3, updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3,
  HPAReplicas: 3, selector: app=web, blueGreen: {},
  canary: {weights: {canary: {podTemplateHash: "{v2}", serviceName: web-canary, weight: 0}, stable: {podTemplateHash: "{v1}", serviceName: web-stable, weight: 100}}},
  conditions: [{type: Progressing, status: "False", reason: RolloutAborted, message: Rollout aborted update to revision 2, lastUpdateTime: "2026-01-01T00:00:30Z", lastTransitionTime: "2026-01-01T00:00:30Z"}, CONDITIONS]}`,
			goesOn: func(s *Scene) {
				s.Retry("web")
				s.AwaitPause("web", 1)
			},
		},
		"a preview that waits": {
			strategy: `{blueGreen: {activeService: web-stable, previewService: web-canary, autoPromotionEnabled: false}}`,
			versions: []formerVersion{{color: "blue", pods: 2}, {color: "green", pods: 2}},
			points:   map[string]int{"web-stable": 0, "web-canary": 1},
			status: `{phase: Paused, message: BlueGreenPause, observedGeneration: "1", currentPodHash: "{v2}", stableRS: "{v1}", controllerPause: true,
  pauseConditions: [{reason: BlueGreenPause, startTime: "2026-01-01T00:00:20Z"}], replicas: 4, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, HPAReplicas: 2,
  selector: app=web, blueGreen: {activeSelector: "{v1}", previewSelector: "{v2}"}, canary: {}, conditions: [CONDITIONS]}`,
			goesOn: func(s *Scene) {
				s.Promote("web")
				s.Await("the switch", func(now *State) bool {
					return now.phase("web") == v1alpha1.RolloutPhaseHealthy && now.label(now.selected("web-stable")) == "r2"
				})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewScene(t, lab)
			s.leave(former)
			s.CatchUp()
			before, pods := s.Trace().Version(), s.podNames()

			start(t, "heir-"+strings.ReplaceAll(name, " ", "-"), "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
			s.Await("the new controller to have looked", func(now *State) bool {
				return slices.ContainsFunc(now.rollout("web").Status.Conditions, func(c v1alpha1.RolloutCondition) bool { return c.Type == v1alpha1.RolloutReady })
			})
			s.CatchUp()
			for _, written := range s.Trace().Writes(before) {
				if written != "Rollout web" {
					t.Errorf("it wrote %s", written)
				}
			}
			if now := s.podNames(); !slices.Equal(pods, now) {
				t.Errorf("pods were %v, are %v", pods, now)
			}
			former.goesOn(s)
			s.Safe()
		})
	}
}

// leave makes the objects, and waits until their pods are ready. Nobody looks after that instance yet.
func (s *Scene) leave(f Former) {
	s.Helper()
	ro := &v1alpha1.Rollout{}
	s.decode(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
  labels: {%s: %s}
  annotations: {rollout.argoproj.io/revision: "%d"}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: "kanari.dev/demo:%s", ports: [{containerPort: 80}]}]
  strategy: %s
`, v1alpha1.ControllerInstanceIDLabel, s.Namespace, len(f.versions), f.versions[len(f.versions)-1].color, f.strategy), ro)
	s.Create(ro)
	var hashes []string
	for i, version := range f.versions {
		rs := s.formerSet(ro, i+1, version)
		s.Create(rs)
		hashes = append(hashes, revision.HashOf(rs))
	}
	s.OpenServices("web")
	for service, version := range f.points {
		s.Merge(&corev1.Service{}, service, map[string]any{
			"metadata": map[string]any{"annotations": map[string]string{v1alpha1.ManagedByRolloutsKey: "web"}},
			"spec":     map[string]any{"selector": map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hashes[version]}},
		})
	}
	s.CreateYAML(virtualService("web", "web"))
	s.Patch(anyVirtualService(), "web", types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 100 - f.weight},
		map[string]any{"op": "replace", "path": "/spec/http/0/route/1/weight", "value": f.weight},
	})
	s.Await("the pods", func(now *State) bool {
		for i, version := range f.versions {
			if _, available := now.size("web", i+1); available != version.pods {
				return false
			}
		}
		return true
	})
	status := strings.NewReplacer("{v1}", hashes[0], "{v2}", hashes[len(hashes)-1], "{steps}", stepsOf(ro), "CONDITIONS", strings.TrimPrefix(strings.TrimSpace(formerConditions), "- ")).Replace(f.status)
	body := map[string]any{"status": s.yaml(status)}
	if err := s.Client.Status().Patch(s.Context(), ro, client.RawPatch(types.MergePatchType, s.json(body))); err != nil {
		s.Fatalf("leaving the status: %v", err)
	}
	s.wrote(ro)
}

func stepsOf(ro *v1alpha1.Rollout) string {
	if ro.Spec.Strategy.Canary == nil {
		return ""
	}
	return revision.StepHash(ro.Spec.Strategy.Canary.Steps)
}

// formerSet is a ReplicaSet as such controllers make them.
func (s *Scene) formerSet(ro *v1alpha1.Rollout, number int, version formerVersion) *appsv1.ReplicaSet {
	s.Helper()
	of := ro.DeepCopy()
	of.Spec.Template.Spec.Containers[0].Image = "kanari.dev/demo:" + version.color
	rs := revision.Make(of, revision.Hash(&of.Spec.Template, nil), int64(number))
	rs.Spec.Replicas = &version.pods
	maps.Copy(rs.Annotations, version.notes)
	rs.TypeMeta = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"}
	return rs
}

func (s *Scene) podNames() []string {
	var names []string
	for _, pod := range s.state.all("Pod") {
		names = append(names, pod.GetName())
	}
	return names
}

// decode reads one object.
func (s *Scene) decode(text string, into any) {
	s.Helper()
	if err := decodeStrict(text, into); err != nil {
		s.Fatalf("reading a manifest: %v", err)
	}
}
