package rendertest

import (
	"fmt"
	"slices"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/internal/traffic"
)

// Cluster holds objects and takes Changes to them.
type Cluster struct {
	Objects []*unstructured.Unstructured
}

// Read returns copies, as a cache does that nobody may write to.
func (c *Cluster) Read() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, o := range c.Objects {
		all = append(all, o.DeepCopy())
	}
	return all
}

// Apply creates, patches or deletes one object and returns the patch, if there is one. An error is that of a failed test in the patch.
func (c *Cluster) Apply(change traffic.Change) ([]byte, error) {
	if change.Before == nil {
		c.Objects = append(c.Objects, change.After.DeepCopy())
		return nil, nil
	}
	if change.After == nil {
		c.Objects = slices.DeleteFunc(c.Objects, func(o *unstructured.Unstructured) bool {
			return traffic.Find([]*unstructured.Unstructured{o}, change.Before) != nil
		})
		return nil, nil
	}
	patch, err := change.Patch()
	if err != nil {
		return nil, err
	}
	for i, object := range c.Objects {
		if traffic.Find([]*unstructured.Unstructured{object}, change.Before) == nil {
			continue
		}
		patched, err := Patched(object, patch)
		if err != nil {
			return patch, err
		}
		c.Objects[i] = patched
	}
	return patch, nil
}

// Patched returns the object after a JSON patch.
func Patched(object *unstructured.Unstructured, patch []byte) (*unstructured.Unstructured, error) {
	document, err := object.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", object.GetName(), err)
	}
	decoded, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		return nil, fmt.Errorf("decoding the patch: %w", err)
	}
	document, err = decoded.Apply(document)
	if err != nil {
		return nil, fmt.Errorf("patching %s: %w", object.GetName(), err)
	}
	after := &unstructured.Unstructured{}
	return after, after.UnmarshalJSON(document)
}
