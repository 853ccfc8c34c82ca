package e2e

import (
	"errors"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// decode reads YAML documents. Empty ones are left out.
func decode(reader io.Reader) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(reader, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case len(object.Object) > 0:
			objects = append(objects, object)
		}
	}
}

// decodeStrict reads one document and refuses fields that do not exist.
func decodeStrict(text string, into any) error { return sigsyaml.UnmarshalStrict([]byte(text), into) }

// yaml reads a value.
func (s *Scene) yaml(text string) any {
	s.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		s.Fatalf("reading %s: %v", text, err)
	}
	return value
}
