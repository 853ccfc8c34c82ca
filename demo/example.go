package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// example is the objects of a folder.
type example []*unstructured.Unstructured

func readExample(dir string) (example, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("reading the example: no *.yaml in %s", dir)
	}
	var all example
	for _, path := range paths {
		objects, err := readObjects(path)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

func readObjects(path string) (example, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var all example
	for decoder := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			all = append(all, &object)
		}
	}
}

// apply makes the objects, those in front first, and changes those that are there already.
func (e example) apply(ctx context.Context, c client.Client) error {
	for _, object := range e {
		object := object.DeepCopy()
		if namespaced, err := c.IsObjectNamespaced(object); err != nil {
			return fmt.Errorf("asking about the kind %s: %w", object.GetKind(), err)
		} else if namespaced && object.GetNamespace() == "" {
			object.SetNamespace(namespace)
		}
		if err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("kanari-demo")); err != nil {
			return fmt.Errorf("applying %s %s: %w", strings.ToLower(object.GetKind()), object.GetName(), err)
		}
	}
	return nil
}
