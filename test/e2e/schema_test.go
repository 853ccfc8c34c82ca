package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Manifests as people publish them are accepted with strict field validation: no field of theirs is unknown or of another type.
func TestPublishedManifestsAreAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "api", "v1alpha1", "testdata", "manifests", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			object := &unstructured.Unstructured{}
			if err := yaml.Unmarshal(raw, &object.Object); err != nil {
				t.Fatal(err)
			}
			complete(object)
			if err := lab.Client.Create(t.Context(), object, client.DryRunAll); err != nil {
				t.Error(err)
			}
		})
	}
}

// An unknown field is refused: otherwise the test above could not fail.
func TestUnknownFieldsAreRefused(t *testing.T) {
	t.Parallel()
	object := &unstructured.Unstructured{Object: map[string]any{"strategy": map[string]any{"canary": map[string]any{"stepz": []any{}}}}}
	complete(object)
	if err := lab.Client.Create(t.Context(), object, client.DryRunAll); err == nil {
		t.Error("a Rollout with the field stepz was accepted")
	}
}

// complete adds what a text about Rollouts leaves out: the object around a spec or strategy, a selector, a container.
func complete(object *unstructured.Unstructured) {
	if strategy, ok := object.Object["strategy"]; ok {
		object.Object = map[string]any{"spec": map[string]any{"strategy": strategy}}
	}
	object.SetNamespace("default")
	if object.GetName() == "" {
		object.SetName("published")
	}
	if object.GetKind() == "" {
		object.SetAPIVersion("argoproj.io/v1alpha1")
		object.SetKind("Rollout")
	}
	if object.GetKind() != "Rollout" {
		return
	}
	labels := map[string]any{"app": "published"}
	absent(object, labels, "spec", "selector", "matchLabels")
	absent(object, labels, "spec", "template", "metadata", "labels")
	absent(object, []any{map[string]any{"name": "app", "image": "kanari.dev/demo:blue"}}, "spec", "template", "spec", "containers")
}

// absent sets a field that is not there.
func absent(object *unstructured.Unstructured, value any, path ...string) {
	if _, found, _ := unstructured.NestedFieldNoCopy(object.Object, path...); !found {
		_ = unstructured.SetNestedField(object.Object, value, path...)
	}
}
