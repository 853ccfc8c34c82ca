package cluster

import (
	"cmp"
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Patch sends a merge patch of a Rollout.
func (c *Cluster) Patch(ctx context.Context, name, patch string) error {
	err := c.client.Patch(ctx, c.named(name), client.RawPatch(types.MergePatchType, []byte(patch)))
	return c.told(ctx, err, call{"patch", rollouts, name})
}

// PatchStatus sends a merge patch of a Rollout's status. Where the server knows no status subresource, as in very old
// installations, whole is sent to the object itself.
func (c *Cluster) PatchStatus(ctx context.Context, name, status, whole string) error {
	err := c.client.Status().Patch(ctx, c.named(name), client.RawPatch(types.MergePatchType, []byte(status)))
	if apierrors.IsNotFound(err) {
		return c.Patch(ctx, name, whole)
	}
	return c.told(ctx, err, call{"patch", rollouts + "/status", name})
}

// PatchOther sends a merge patch of an object of any kind.
func (c *Cluster) PatchOther(ctx context.Context, kind schema.GroupVersionKind, name, patch string) error {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	object.SetNamespace(c.Namespace)
	object.SetName(name)
	err := c.client.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)))
	return c.told(ctx, err, call{"patch", resourceOf(kind.Kind), name})
}

// Create makes the object and reads back what the server made of it: a name, where only the beginning of one was given.
func (c *Cluster) Create(ctx context.Context, object *unstructured.Unstructured) error {
	err := c.client.Create(ctx, object)
	return c.told(ctx, err, call{"create", resourceOf(object.GetKind()), cmp.Or(object.GetName(), object.GetGenerateName())})
}

// PatchJSON sends a JSON patch of any object.
func (c *Cluster) PatchJSON(ctx context.Context, object *unstructured.Unstructured, patch []byte) error {
	err := c.client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch))
	return c.told(ctx, err, call{"patch", resourceOf(object.GetKind()), object.GetName()})
}

// Update writes an object that Raw read. When somebody else wrote it in between, apierrors.IsConflict holds for the error.
func (c *Cluster) Update(ctx context.Context, object *unstructured.Unstructured) error {
	err := c.client.Update(ctx, object)
	return c.told(ctx, err, call{"update", resourceOf(object.GetKind()), object.GetName()})
}

func (c *Cluster) named(name string) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}}
}
