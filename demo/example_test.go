package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestTheJudgeTakesThePlaceOfTheThreshold(t *testing.T) {
	got := map[string][]string{}
	for _, folder := range []string{"../examples/02-analysis", "../examples/02-analysis/judge"} {
		objects, err := readExample(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() == "Rollout" && object.GetName() == rollout {
				got[folder] = templates(t, object)
			}
		}
	}
	want := map[string][]string{"../examples/02-analysis": {"success-rate"}, "../examples/02-analysis/judge": {"no-worse-than-stable"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// templates are those that the steps of a Rollout name.
func templates(t *testing.T, object *unstructured.Unstructured) []string {
	t.Helper()
	var ro v1alpha1.Rollout
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &ro, true); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, step := range ro.Spec.Strategy.Canary.Steps {
		if step.Analysis != nil {
			for _, template := range step.Analysis.Templates {
				names = append(names, template.TemplateName)
			}
		}
	}
	return names
}

func TestAFolderWithoutObjects(t *testing.T) {
	if _, err := readExample(t.TempDir()); err == nil {
		t.Error("no error for a folder without manifests")
	}
}
