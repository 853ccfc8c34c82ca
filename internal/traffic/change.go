package traffic

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Change is one write to one object. Before is nil when the object is to be created, After when it is to be deleted.
type Change struct {
	Before *unstructured.Unstructured
	After  *unstructured.Unstructured
}

// NewChange returns the write that turns before into after; nil when they say the same.
func NewChange(before, after *unstructured.Unstructured) *Change {
	if before != nil && equality.Semantic.DeepEqual(before.Object, after.Object) {
		return nil
	}
	return &Change{Before: before, After: after}
}

// Patch returns the change as a JSON patch that holds only what differs. Objects are shared: another Rollout, a person or GitOps
// may write other entries of the same list between our read and our write, and lists have no keys. So the operations are
// preceded by tests that the entries on their paths are still the ones that we meant, and that the values are still the ones
// that we read. A failed test means: look again. A Change that creates or deletes its object has no patch: that is an error.
func (c Change) Patch() ([]byte, error) {
	switch {
	case c.Before == nil:
		return nil, fmt.Errorf("comparing %s %q: it is to be created, not patched", c.After.GetKind(), c.After.GetName())
	case c.After == nil:
		return nil, fmt.Errorf("comparing %s %q: it is to be deleted, not patched", c.Before.GetKind(), c.Before.GetName())
	}
	d := difference{guards: map[string]any{}}
	d.values("", c.Before.Object, c.After.Object)
	patch, err := json.Marshal(append(tests(d.guards), d.operations...))
	if err != nil {
		return nil, fmt.Errorf("encoding the patch of %s %q: %w", c.After.GetKind(), c.After.GetName(), err)
	}
	return patch, nil
}

// Object is what the change is about: as it will be, or as it was where it is deleted.
func (c Change) Object() *unstructured.Unstructured {
	if c.After == nil {
		return c.Before
	}
	return c.After
}

// operation is one entry of a JSON patch. Value is a pointer because a null is not the same as no value.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value *any   `json:"value,omitempty"`
}

// tests come before all operations, so that they speak of the object as it was read and not as earlier operations left it.
func tests(guards map[string]any) []operation {
	var all []operation
	for _, path := range slices.Sorted(maps.Keys(guards)) {
		if covered(guards, path) {
			continue
		}
		value := guards[path]
		all = append(all, operation{Op: "test", Path: path, Value: &value})
	}
	return all
}

// covered tells whether a value that holds the one at this path is guarded whole.
func covered(guards map[string]any, path string) bool {
	for i := strings.LastIndex(path, "/"); i > 0; i = strings.LastIndex(path[:i], "/") {
		if _, ok := guards[path[:i]]; ok {
			return true
		}
	}
	return false
}
