package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Apply creates everything in the YAML files of a folder, each object changed by edits first.
func (s *Scene) Apply(folder string, edits ...func(*unstructured.Unstructured)) {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		s.Fatalf("%s holds no manifest (%v)", folder, err)
	}
	slices.Sort(files)
	for _, file := range files {
		s.ApplyFile(file, edits...)
	}
}

// ApplyFile creates everything in one YAML file.
func (s *Scene) ApplyFile(file string, edits ...func(*unstructured.Unstructured)) {
	s.Helper()
	for _, object := range s.manifests(file) {
		for _, edit := range edits {
			edit(object)
		}
		s.Create(object)
	}
}

func (s *Scene) manifests(file string) []*unstructured.Unstructured {
	s.Helper()
	reader, err := os.Open(file)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	objects, err := decode(reader)
	if err != nil {
		s.Fatalf("reading %s: %v", file, err)
	}
	return objects
}

// Create creates an object given as one, or as YAML.
func (s *Scene) Create(objects ...client.Object) {
	s.Helper()
	for _, object := range objects {
		object.SetNamespace(s.Namespace)
		if err := s.Client.Create(s.Context(), object); err != nil {
			s.Fatalf("creating %s: %v", object.GetName(), err)
		}
		s.wrote(object)
	}
}

// CreateYAML creates what a text says.
func (s *Scene) CreateYAML(text string) {
	s.Helper()
	var object unstructured.Unstructured
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		s.Fatalf("reading a manifest: %v", err)
	}
	s.Create(&object)
}

// SetImage gives a Rollout's first container another image, as a JSON patch that a person's tool would send.
func (s *Scene) SetImage(rollout, image string) {
	s.Helper()
	s.Patch(&v1alpha1.Rollout{}, rollout, types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image},
	})
}

// SetDeployedImage does the same to a Deployment.
func (s *Scene) SetDeployedImage(deployment, image string) {
	s.Helper()
	s.Patch(&appsv1.Deployment{}, deployment, types.JSONPatchType, []any{
		map[string]any{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image},
	})
}

// Promote, Abort and Retry write what the command line writes.
func (s *Scene) Promote(rollout string) {
	s.Helper()
	s.patchStatus(rollout, map[string]any{"pauseConditions": nil})
}

// Abort asks for the way back.
func (s *Scene) Abort(rollout string) {
	s.Helper()
	s.patchStatus(rollout, map[string]any{"abort": true})
}

// Retry asks for another attempt.
func (s *Scene) Retry(rollout string) {
	s.Helper()
	s.patchStatus(rollout, map[string]any{"abort": false})
}

func (s *Scene) patchStatus(rollout string, status map[string]any) {
	s.Helper()
	object := &v1alpha1.Rollout{}
	object.Namespace, object.Name = s.Namespace, rollout
	if err := s.Client.Status().Patch(s.Context(), object, client.RawPatch(types.MergePatchType, s.json(map[string]any{"status": status}))); err != nil {
		s.Fatalf("patching the status of Rollout %s: %v", rollout, err)
	}
	s.wrote(object)
}

// Merge sends a merge patch.
func (s *Scene) Merge(object client.Object, name string, body map[string]any) {
	s.Helper()
	s.Patch(object, name, types.MergePatchType, body)
}

// Patch sends a patch of any kind and leaves the answer in object.
func (s *Scene) Patch(object client.Object, name string, kind types.PatchType, body any) {
	s.Helper()
	object.SetName(name)
	object.SetNamespace(s.Namespace)
	if err := s.Client.Patch(s.Context(), object, client.RawPatch(kind, s.json(body))); err != nil {
		s.Fatalf("patching %s: %v", name, err)
	}
	s.wrote(object)
}

func (s *Scene) json(body any) []byte {
	s.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	return raw
}

// anyVirtualService is one without a name and content.
func anyVirtualService() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("networking.istio.io/v1")
	object.SetKind("VirtualService")
	return object
}

// onRollouts limits an edit to Rollouts.
func onRollouts(edit func(spec map[string]any)) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		if object.GetKind() == "Rollout" {
			edit(object.Object["spec"].(map[string]any))
		}
	}
}

// shorterPauses gives every timed pause one second; those that wait for a person go on doing so.
func shorterPauses(spec map[string]any) {
	steps, found, _ := unstructured.NestedSlice(spec, "strategy", "canary", "steps")
	if !found {
		return
	}
	for _, entry := range steps {
		step, _ := entry.(map[string]any)
		if pause, ok := step["pause"].(map[string]any); ok && pause["duration"] != nil {
			pause["duration"] = "1s"
		}
	}
	_ = unstructured.SetNestedSlice(spec, steps, "strategy", "canary", "steps")
}

// inBlueGreen sets a field of the blue-green strategy.
func inBlueGreen(field string, value any) func(spec map[string]any) {
	return func(spec map[string]any) {
		_ = unstructured.SetNestedField(spec, value, "strategy", "blueGreen", field)
	}
}

// inCanary sets a field of the canary strategy.
func inCanary(field string, value any) func(spec map[string]any) {
	return func(spec map[string]any) { _ = unstructured.SetNestedField(spec, value, "strategy", "canary", field) }
}
