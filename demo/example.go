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

// shorten makes every timed pause of the Rollout last so long, and tells what it changed.
func (e example) shorten(duration string) (changes []string) {
	for _, object := range e {
		if object.GetKind() != "Rollout" {
			continue
		}
		steps, _, _ := unstructured.NestedSlice(object.Object, "spec", "strategy", "canary", "steps")
		for i, step := range steps {
			step := step.(map[string]any)
			was, found, _ := unstructured.NestedFieldNoCopy(step, "pause", "duration")
			if !found {
				continue
			}
			step["pause"] = map[string]any{"duration": duration}
			changes = append(changes, fmt.Sprintf("steps[%d].pause.duration: %v → %s", i, was, duration))
		}
		if len(changes) > 0 {
			_ = unstructured.SetNestedSlice(object.Object, steps, "spec", "strategy", "canary", "steps")
		}
	}
	return changes
}

// create makes the objects, those in front first.
func (e example) create(ctx context.Context, c client.Client) error {
	for _, object := range e {
		if object.GetNamespace() == "" {
			object.SetNamespace(namespace)
		}
		if err := c.Create(ctx, object.DeepCopy(), client.FieldOwner("kanari-demo")); err != nil {
			return fmt.Errorf("creating %s %s: %w", strings.ToLower(object.GetKind()), object.GetName(), err)
		}
	}
	return nil
}
