package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// analysisExample has the manifests of a Prometheus and of a Rollout that it judges.
var analysisExample = filepath.Join(root, "examples", "02-analysis")

// deployPrometheus deploys the one that tests share, as the example has it, once.
var deployPrometheus = sync.OnceValue(func() error {
	return lab.install(context.Background(), filepath.Join(analysisExample, "prometheus.yaml"))
})

// SharedPrometheus waits for the Prometheus that tests share and returns its address inside the cluster. It must not be disturbed.
func SharedPrometheus(t *testing.T) string {
	t.Helper()
	if lab.Network != "private" {
		t.Fatalf("the lab's network is %s here: a real Prometheus needs one with real addresses; run as root or allow user namespaces", lab.Network)
	}
	if err := deployPrometheus(); err != nil {
		t.Fatalf("deploying Prometheus: %v", err)
	}
	SceneOf(t, lab, "monitoring").AwaitPrometheus()
	return "http://prometheus.monitoring:9090"
}

// AwaitPrometheus waits until the Prometheus of the namespace is ready.
func (s *Scene) AwaitPrometheus() {
	s.Helper()
	s.Await("Prometheus to be ready", func(now *State) bool {
		return slices.ContainsFunc(now.all("Pod"), func(pod *unstructured.Unstructured) bool {
			return pod.GetLabels()["app"] == "prometheus" && ready(read[corev1.Pod](pod))
		})
	})
}

func ready(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// OwnPrometheus deploys another one into the namespace of the test, which may do with it as it likes, and returns its address. The shared one
// has brought the rights.
func (s *Scene) OwnPrometheus() string {
	s.Helper()
	for _, object := range s.manifests(filepath.Join(analysisExample, "prometheus.yaml")) {
		switch object.GetKind() {
		case "Namespace", "ClusterRole":
		case "ClusterRoleBinding":
			s.bind(object)
		default:
			s.Create(object)
		}
	}
	s.AwaitPrometheus()
	return "http://prometheus." + s.Namespace + ":9090"
}

// bind gives the rights of a binding's role to the account of the same name in this namespace.
func (s *Scene) bind(binding *unstructured.Unstructured) {
	s.Helper()
	binding.SetName("prometheus-" + s.Namespace)
	subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
	for _, subject := range subjects {
		subject.(map[string]any)["namespace"] = s.Namespace
	}
	if err := unstructured.SetNestedSlice(binding.Object, subjects, "subjects"); err != nil {
		s.Fatal(err)
	}
	if err := lab.Client.Create(s.Context(), binding); err != nil {
		s.Fatalf("granting Prometheus its rights: %v", err)
	}
	s.Cleanup(func() { _ = lab.Client.Delete(context.Background(), binding) })
}
