package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// The way in and the way back that the example's README describes: on neither are fewer pods ready than the four that there were.
func TestADeploymentIsTakenOverAndGivenBack(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	folder := filepath.Join(root, "examples", "09-from-a-deployment")
	s.ApplyFile(filepath.Join(folder, "deployment.yaml"))
	s.ApplyFile(filepath.Join(folder, "service.yaml"))
	s.awaitDeployed("helloworld", 4)
	begun := s.Trace().Version()

	s.ApplyFile(filepath.Join(folder, "workload.yaml"))
	s.Await("the Rollout to have all pods", func(now *State) bool {
		return now.sentence("helloworld") == "2/2 Healthy r1:4/4" && now.pods("helloworld") == 4
	})
	s.neverFewerReady(begun)

	s.SetDeployedImage("helloworld", green)
	s.Await("the canary", func(now *State) bool { return now.sentence("helloworld") == "1/2 Paused r1:3/3 r2:1/1" })
	s.Abort("helloworld")
	s.Await("version 1", func(now *State) bool { return now.sentence("helloworld") == "0/2 Degraded r1:4/4" })
	if replicas := *s.state.deployment("helloworld").Spec.Replicas; replicas != 0 {
		t.Errorf("the Deployment has %d replicas during a canary, want none", replicas)
	}
	s.SetDeployedImage("helloworld", blue)
	s.Await("version 1 to be what is asked for", func(now *State) bool { return now.sentence("helloworld") == "2/2 Healthy r3:4/4" })

	back := s.Trace().Version()
	s.Merge(&v1alpha1.Rollout{}, "helloworld", map[string]any{"spec": map[string]any{"workloadRef": map[string]any{"scaleDown": "never"}}})
	s.Merge(&appsv1.Deployment{}, "helloworld", map[string]any{"spec": map[string]any{"replicas": 4}})
	s.awaitDeployed("helloworld", 4)
	if err := s.Client.Delete(t.Context(), s.state.rollout("helloworld")); err != nil {
		t.Fatal(err)
	}
	s.Await("the Deployment's pods to be all there is", func(now *State) bool { return now.pods("helloworld") == 4 })
	s.neverFewerReady(back)
}

// neverFewerReady demands that the four pods of the example are ready at every moment.
func (s *Scene) neverFewerReady(since uint64) {
	s.Helper()
	for entry, state := range s.Trace().After(since) {
		if ready := state.ready("helloworld"); ready < 4 {
			s.Fatalf("%d pods are ready, want 4 at least (after %s)", ready, entry)
		}
	}
}

// awaitDeployed waits until the pods of a Deployment are ready.
func (s *Scene) awaitDeployed(name string, replicas int32) {
	s.Helper()
	s.Await("Deployment "+name, func(now *State) bool {
		deployment := now.deployment(name)
		return deployment != nil && deployment.Status.ObservedGeneration == deployment.Generation && deployment.Status.AvailableReplicas == replicas
	})
}

// A pod of the Deployment goes for each of the Rollout that is available. Here a gate keeps pods from being ready until the test opens it.
func TestADeploymentGivesUpPodByPod(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.CreateYAML(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      readinessGates: [{conditionType: example.com/open}]
      containers: [{name: app, image: kanari.dev/demo:blue, ports: [{containerPort: 80}]}]
`)
	for range 3 {
		s.openGate()
	}
	s.awaitDeployed("web", 3)
	s.CreateYAML(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 3
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, scaleDown: progressively}
  strategy: {canary: {steps: [{setWeight: 50}, {pause: {}}]}}
`)
	for i := range int32(3) {
		s.openGate()
		s.Await(fmt.Sprintf("%d pods to be handed over", i+1), func(now *State) bool {
			rs := now.revision("web", 1)
			return rs != nil && rs.Status.AvailableReplicas == i+1 && *now.deployment("web").Spec.Replicas == 2-i
		})
	}
	s.awaitSentence("2/2 Healthy r1:3/3")
	sizes := runs(func(yield func(int32) bool) {
		for _, state := range s.Trace().States() {
			if deployment := state.deployment("web"); deployment != nil && !yield(*deployment.Spec.Replicas) {
				return
			}
		}
	})
	if diff := cmp.Diff([]int32{3, 2, 1, 0}, sizes); diff != "" {
		t.Errorf("sizes of the Deployment (-want +got):\n%s", diff)
	}
}

// openGate waits for a pod that runs and is kept from being ready by its gate, and opens that.
func (s *Scene) openGate() {
	s.Helper()
	shut := func(now *State) *corev1.Pod {
		for _, pod := range now.living("web") {
			if pod.Status.Phase == corev1.PodRunning && !slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == gate }) {
				return pod
			}
		}
		return nil
	}
	pod := shut(s.Await("a pod behind its gate", func(now *State) bool { return shut(now) != nil }))
	open := map[string]any{"status": map[string]any{"conditions": []any{map[string]any{"type": gate, "status": "True"}}}}
	if err := s.Client.Status().Patch(s.Context(), pod, client.RawPatch(types.StrategicMergePatchType, s.json(open))); err != nil {
		s.Fatalf("opening the gate of %s: %v", pod.Name, err)
	}
	s.wrote(pod)
}

const gate = "example.com/open"
