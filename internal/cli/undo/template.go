package undo

import (
	"encoding/json"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// templateOf is the template that a ReplicaSet was made from: without the hash, and without the labels and annotations
// that it wears for its present role, which would otherwise become part of the spec.
func templateOf(set *unstructured.Unstructured) map[string]any {
	template, _, _ := unstructured.NestedMap(set.Object, "spec", "template")
	template = withoutHash(template)
	var worn struct {
		Labels, Annotations map[string]string
	}
	if json.Unmarshal([]byte(set.GetAnnotations()[v1alpha1.EphemeralMetadataAnnotation]), &worn) != nil {
		return template
	}
	for key := range worn.Labels {
		unstructured.RemoveNestedField(template, "metadata", "labels", key)
	}
	for key := range worn.Annotations {
		unstructured.RemoveNestedField(template, "metadata", "annotations", key)
	}
	return template
}

func withoutHash(template map[string]any) map[string]any {
	unstructured.RemoveNestedField(template, "metadata", "labels", v1alpha1.DefaultRolloutUniqueLabelKey)
	return template
}

// contains says whether every field of part stands in all with the same value. The ReplicaSet's template has more fields
// than what its author wrote: the defaults.
func contains(all, part any) bool {
	switch part := part.(type) {
	case nil:
		return true
	case map[string]any:
		whole, _ := all.(map[string]any)
		for key, value := range part {
			if !contains(whole[key], value) {
				return false
			}
		}
		return true
	case []any:
		whole, _ := all.([]any)
		if len(whole) != len(part) {
			return false
		}
		for i := range part {
			if !contains(whole[i], part[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(all, part)
}
