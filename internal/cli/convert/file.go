package convert

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// fromFiles needs no cluster: what is not in the files is not there.
func fromFiles(surroundings terminal.IO, files []string, name string) (material, error) {
	var objects []unstructured.Unstructured
	for _, file := range files {
		found, err := read(surroundings, file)
		if err != nil {
			return material{}, err
		}
		objects = append(objects, found...)
	}
	m, err := sorted(objects, name)
	if err != nil {
		return material{}, terminal.Fail("%s: %s", files[0], err)
	}
	for _, service := range m.namesOfPorts() {
		if m.services[service] == nil {
			return material{}, terminal.Fail("%s: an HTTPRoute needs the numbers of ports, and Ingress %q names one of Service %q: add that Service to the file", files[0], name, service)
		}
	}
	return m, nil
}

// read returns all objects of a file, YAML or JSON, those of Lists one by one.
func read(surroundings terminal.IO, file string) ([]unstructured.Unstructured, error) {
	text, err := textOf(surroundings, file)
	if err != nil {
		return nil, err
	}
	var objects []unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, terminal.Fail("%s: %s", file, err)
		}
		found, err := objectsOf(document)
		if err != nil {
			return nil, terminal.Fail("%s: %s", file, err)
		}
		objects = append(objects, found...)
	}
}

func textOf(surroundings terminal.IO, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(surroundings.In)
	}
	text, err := surroundings.ReadFile(file)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, terminal.Fail("cannot read %s: %s", file, path.Err)
	}
	return text, err
}

func objectsOf(document []byte) ([]unstructured.Unstructured, error) {
	object := unstructured.Unstructured{}
	raw, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, err
	}
	if string(raw) == "null" {
		return nil, nil
	}
	if err := object.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	if !object.IsList() {
		return []unstructured.Unstructured{object}, nil
	}
	list, err := object.ToList()
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}
