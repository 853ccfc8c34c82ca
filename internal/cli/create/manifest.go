package create

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// manifests reads files of objects that are to stand in a namespace.
type manifests struct {
	terminal.IO
	namespace string
}

// kinds are those that can be made.
var kinds = []string{
	v1alpha1.RolloutKind, v1alpha1.ExperimentKind, v1alpha1.AnalysisRunKind, v1alpha1.AnalysisTemplateKind, v1alpha1.ClusterAnalysisTemplateKind,
}

// check finds fields that are not known, or of another type.
func check(document []byte) error {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	strict := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Yaml: true, Strict: true})
	_, _, err := strict.Decode(document, nil, nil)
	return err
}

// read returns all objects of a file, YAML or JSON; there is at least one.
func (m manifests) read(file string) ([]*unstructured.Unstructured, error) {
	text, err := m.text(file)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, terminal.Fail("%s: %s", file, err)
		}
		if empty(document) {
			continue
		}
		object, err := m.object(document)
		if err != nil {
			return nil, terminal.Fail("%s: %s", file, err)
		}
		objects = append(objects, object)
	}
	if len(objects) == 0 {
		return nil, terminal.Fail("%s: there is no object in it", file)
	}
	return objects, nil
}

func (m manifests) text(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(m.In)
	}
	text, err := m.ReadFile(file)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, terminal.Fail("cannot read %s: %s", file, path.Err)
	}
	return text, err
}

// empty is true for what lies between two separators without an object: nothing, or remarks.
func empty(document []byte) bool {
	var content any
	return yaml.Unmarshal(document, &content) == nil && content == nil
}

func (m manifests) object(document []byte) (*unstructured.Unstructured, error) {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, inner(err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return nil, inner(err)
	}
	if !slices.Contains(kinds, object.GetKind()) || object.GroupVersionKind().GroupVersion() != v1alpha1.GroupVersion {
		return nil, fmt.Errorf("it holds a %s of %s: only Rollout, Experiment, AnalysisRun, AnalysisTemplate and ClusterAnalysisTemplate of %s can be made",
			object.GetKind(), object.GetAPIVersion(), v1alpha1.GroupVersion)
	}
	if err := check(document); err != nil {
		return nil, fmt.Errorf("%s %q: %w", object.GetKind(), object.GetName(), inner(err))
	}
	return object, m.place(object)
}

// place puts the object into the namespace of the command.
func (m manifests) place(object *unstructured.Unstructured) error {
	switch in := object.GetNamespace(); {
	case object.GetKind() == v1alpha1.ClusterAnalysisTemplateKind:
		object.SetNamespace("")
	case in == "":
		object.SetNamespace(m.namespace)
	case in != m.namespace:
		return fmt.Errorf("%s %q says namespace %q, the command %q: use -n %s", object.GetKind(), object.GetName(), in, m.namespace, in)
	}
	return nil
}

// inner leaves out who noticed the error.
func inner(err error) error {
	text := err.Error()
	for _, before := range []string{"strict decoding error: ", "error converting YAML to JSON: ", "json: "} {
		if _, after, found := strings.Cut(text, before); found {
			text = after
		}
	}
	return errors.New(strings.Join(strings.Fields(text), " "))
}
