package v1alpha1

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// Manifests as people publish them: some are whole objects, some only the part of a Rollout that matters to a text.
func TestManifestsDecodeStrictly(t *testing.T) {
	for _, file := range manifests(t, "testdata/manifests/*/*.yaml") {
		t.Run(file, func(t *testing.T) {
			raw := read(t, file)
			var into any
			switch text := string(raw); {
			case strings.Contains(text, "kind: AnalysisTemplate"):
				into = &AnalysisTemplate{}
			case strings.HasPrefix(strings.TrimLeft(text, " "), "strategy:"):
				into = &RolloutSpec{}
			default:
				into = &Rollout{}
			}
			if err := yaml.UnmarshalStrict(raw, into); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestWholeManifestsAreValid(t *testing.T) {
	whole := append(manifests(t, "testdata/manifests/complete/*.yaml"),
		"testdata/manifests/written/nginx.yaml", "testdata/manifests/written/zone-a.yaml",
		"testdata/manifests/written/zone-b.yaml", "testdata/manifests/written/zone-c.yaml")
	for _, file := range whole {
		t.Run(file, func(t *testing.T) {
			var ro Rollout
			if err := yaml.UnmarshalStrict(read(t, file), &ro); err != nil {
				t.Fatal(err)
			}
			if errs := ValidateRollout(&ro); len(errs) > 0 {
				t.Error(errs.ToAggregate())
			}
		})
	}
	var template AnalysisTemplate
	if err := yaml.UnmarshalStrict(read(t, "testdata/manifests/written/analysis-template.yaml"), &template); err != nil {
		t.Fatal(err)
	}
	if errs := ValidateAnalysisTemplateSpec(&template.Spec, field.NewPath("spec")); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func manifests(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests at %s (%v)", pattern, err)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
