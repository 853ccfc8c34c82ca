package v1alpha1

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const crdDir = "../../config/crd"

// definition is as much of a CRD as the tests look at.
type definition struct {
	Spec struct {
		Names struct {
			ShortNames []string `json:"shortNames"`
			Categories []string `json:"categories"`
		} `json:"names"`
		Scope    string `json:"scope"`
		Versions []struct {
			Columns []struct {
				Name     string `json:"name"`
				Path     string `json:"jsonPath"`
				Priority int    `json:"priority"`
			} `json:"additionalPrinterColumns"`
			Subresources map[string]map[string]string `json:"subresources"`
			Schema       struct {
				Root node `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

type node struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Properties  map[string]node `json:"properties"`
	Items       *node           `json:"items"`
	Values      *node           `json:"additionalProperties"`
	Default     any             `json:"default"`
	Free        bool            `json:"x-kubernetes-preserve-unknown-fields"`
	IntOrString bool            `json:"x-kubernetes-int-or-string"`
	ListType    string          `json:"x-kubernetes-list-type"`
	Rules       []struct {
		Message string `json:"message"`
	} `json:"x-kubernetes-validations"`
}

func readCRD(t *testing.T, plural string) definition {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(crdDir, GroupName+"_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd definition
	if err := yaml.Unmarshal(raw, &crd); err != nil {
		t.Fatal(err)
	}
	return crd
}

// at follows a path such as "spec.metrics[].provider"; "[]" enters a list and "{}" a map.
func (s *node) at(path string) *node {
	for name := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(name, "[]")
		name, values := strings.CutSuffix(name, "{}")
		field, found := s.Properties[name]
		if !found {
			return nil
		}
		s = &field
		if list {
			s = s.Items
		}
		if values {
			s = s.Values
		}
		if s == nil {
			return nil
		}
	}
	return s
}

func TestEveryFieldIsInTheCRD(t *testing.T) {
	raw, err := os.ReadFile("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	crds := map[string]definition{}
	lines := strings.Fields(string(raw))
	for i := 0; i+1 < len(lines); i += 2 {
		plural, path := lines[i], lines[i+1]
		crd, known := crds[plural]
		if !known {
			crd = readCRD(t, plural)
			crds[plural] = crd
		}
		if crd.Spec.Versions[0].Schema.Root.at(path) == nil {
			t.Errorf("%s: %s is missing", plural, path)
		}
	}
	if len(crds) != 5 {
		t.Errorf("fields of %d kinds were looked for, want 5", len(crds))
	}
}

func TestRolloutCRDIsSmall(t *testing.T) {
	file, err := os.Stat(filepath.Join(crdDir, GroupName+"_rollouts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(600_000); file.Size() >= limit {
		t.Errorf("the CRD has %d bytes, the limit is %d", file.Size(), limit)
	}
}

func TestRolloutCRD(t *testing.T) {
	crd := readCRD(t, "rollouts")
	version := crd.Spec.Versions[0]
	var columns []string
	for _, column := range version.Columns {
		if column.Priority == 0 {
			columns = append(columns, strings.ToUpper(column.Name)+" "+column.Path)
		}
	}
	if diff := cmp.Diff([]string{
		"STATUS .status.phase", "STEP .status.stepText", "WEIGHT .status.canary.weights.canary.weight",
		"READY .status.readyReplicas", "DESIRED .spec.replicas", "UP-TO-DATE .status.updatedReplicas",
		"AVAILABLE .status.availableReplicas", "AGE .metadata.creationTimestamp",
	}, columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]map[string]string{
		"status": {},
		"scale": {
			"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.HPAReplicas", "labelSelectorPath": ".status.selector",
		},
	}, version.Subresources); diff != "" {
		t.Error(diff)
	}
	root := version.Schema.Root
	for _, key := range []string{"status.observedGeneration", "status.workloadObservedGeneration"} {
		if field := root.at(key); !field.IntOrString || field.Type != "" {
			t.Errorf("%s must be integer or string", key)
		}
	}
	selector := root.at("spec.selector")
	if len(selector.Rules) != 1 || selector.Rules[0].Message != ".spec.selector is immutable" {
		t.Errorf("rules of the selector: %v", selector.Rules)
	}
	if root.at("spec.template.metadata.labels") == nil || root.at("spec.template.metadata.annotations") == nil {
		t.Error("the metadata of the pod template would be dropped")
	}
	for _, path := range []string{
		"spec.strategy.canary.trafficRouting.plugins", "spec.strategy.canary.steps[].plugin.config",
		"status.canary.stepPluginStatuses[].status",
	} {
		if !root.at(path).Free {
			t.Errorf("%s must keep what it is given", path)
		}
	}
}

// A default in an embedded type would be written into stored pod templates and change their hash; a list type would
// refuse what Pods allow.
func TestEmbeddedTypesKeepOnlyTheirShape(t *testing.T) {
	for _, place := range []struct{ plural, path string }{
		{"rollouts", "spec.template.spec"},
		{"experiments", "spec.templates[].template.spec"},
		{"analysisruns", "spec.metrics[].provider.job.spec"},
	} {
		root := readCRD(t, place.plural).Spec.Versions[0].Schema.Root
		inner := root.at(place.path)
		if inner == nil {
			t.Fatalf("%s: %s is missing", place.plural, place.path)
		}
		walk(place.path, *inner, func(path string, s node) {
			if s.Default != nil || s.ListType != "" || (path != place.path && s.Description != "") {
				t.Errorf("%s: %s has default %v, list type %q, description %q", place.plural, path, s.Default, s.ListType, s.Description)
			}
		})
	}
}

func walk(path string, s node, visit func(string, node)) {
	visit(path, s)
	for name, field := range s.Properties {
		walk(path+"."+name, field, visit)
	}
	if s.Items != nil {
		walk(path+"[]", *s.Items, visit)
	}
	if s.Values != nil {
		walk(path+"{}", *s.Values, visit)
	}
}

func TestNamesAndScopes(t *testing.T) {
	for plural, want := range map[string][]string{
		"rollouts":                 {"ro", "Namespaced", "status"},
		"analysistemplates":        {"at", "Namespaced", ""},
		"clusteranalysistemplates": {"cat", "Cluster", ""},
		"analysisruns":             {"ar", "Namespaced", ""},
		"experiments":              {"exp", "Namespaced", ""},
	} {
		crd := readCRD(t, plural)
		subresource := ""
		if _, present := crd.Spec.Versions[0].Subresources["status"]; present {
			subresource = "status"
		}
		if diff := cmp.Diff(want, append(crd.Spec.Names.ShortNames, crd.Spec.Scope, subresource)); diff != "" {
			t.Errorf("%s: %s", plural, diff)
		}
	}
}
