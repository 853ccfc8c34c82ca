package act

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// ErrCollision says that the name of a new ReplicaSet belongs to something else. Another collision count gives another hash.
var ErrCollision = errors.New("its name is taken")

// createReplicaSet creates a ReplicaSet for a Rollout or an Experiment. One that is there already and ours is the answer to an earlier attempt whose reply was lost:
// the name holds the hash of the template.
func (h *Hand) createReplicaSet(ctx context.Context, owner client.Object, a plan.CreateReplicaSet) error {
	rs := a.ReplicaSet.DeepCopy()
	err := h.Client.Create(ctx, rs)
	if apierrors.IsAlreadyExists(err) {
		err = h.recognise(ctx, owner, rs)
	}
	if err != nil {
		return fmt.Errorf("creating ReplicaSet %q: %w", a.ReplicaSet.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(owner), rs)
	return nil
}

// recognise fills rs with the ReplicaSet of that name if it is ours.
func (h *Hand) recognise(ctx context.Context, owner client.Object, rs *appsv1.ReplicaSet) error {
	found := &appsv1.ReplicaSet{}
	if err := h.Live.Get(ctx, client.ObjectKeyFromObject(rs), found); err != nil {
		return err
	}
	if !metav1.IsControlledBy(found, owner) {
		return ErrCollision
	}
	found.DeepCopyInto(rs)
	return nil
}

func (h *Hand) updateReplicaSet(ctx context.Context, owner client.Object, a plan.UpdateReplicaSet) error {
	if a.Generation > 0 && a.Replicas != nil {
		return h.scaleReplicaSet(ctx, owner, a)
	}
	body := map[string]any{}
	spec := map[string]any{}
	if a.Replicas != nil {
		spec["replicas"] = *a.Replicas
	}
	if a.MinReadySeconds != nil {
		spec["minReadySeconds"] = *a.MinReadySeconds
	}
	if len(spec) > 0 {
		body["spec"] = spec
	}
	if len(a.Annotations) > 0 {
		body["metadata"] = map[string]any{"annotations": a.Annotations}
	}
	return h.mergeReplicaSet(ctx, owner, a.Name, body)
}

// scaleReplicaSet edits a ReplicaSet of which nobody has changed the spec since it was read.
func (h *Hand) scaleReplicaSet(ctx context.Context, owner client.Object, a plan.UpdateReplicaSet) error {
	operations := []map[string]any{
		{"op": "test", "path": "/metadata/generation", "value": a.Generation},
		{"op": "replace", "path": "/spec/replicas", "value": *a.Replicas},
	}
	if a.MinReadySeconds != nil {
		operations = append(operations, map[string]any{"op": "add", "path": "/spec/minReadySeconds", "value": *a.MinReadySeconds})
	}
	for _, key := range slices.Sorted(maps.Keys(a.Annotations)) {
		operation := map[string]any{"op": "remove", "path": "/metadata/annotations/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)}
		if value := a.Annotations[key]; value != nil {
			operation["op"], operation["value"] = "add", *value
		}
		operations = append(operations, operation)
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	rs := replicaSet(owner, a.Name)
	if err := h.Client.Patch(ctx, rs, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return fmt.Errorf("scaling ReplicaSet %q: %w", a.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(owner), rs)
	return nil
}

// adopt makes the Rollout the controller. The UID in the patch keeps us from adopting a namesake that was made since.
func (h *Hand) adopt(ctx context.Context, ro *v1alpha1.Rollout, a plan.AdoptReplicaSet) error {
	owner := metav1.NewControllerRef(ro, v1alpha1.SchemeGroupVersion.WithKind("Rollout"))
	return h.patchOwner(ctx, ro, a.Name, map[string]any{"ownerReferences": []any{owner}})
}

func (h *Hand) release(ctx context.Context, ro *v1alpha1.Rollout, a plan.ReleaseReplicaSet) error {
	return h.patchOwner(ctx, ro, a.Name, map[string]any{"ownerReferences": []any{map[string]any{"$patch": "delete", "uid": ro.UID}}})
}

// patchOwner uses a strategic merge, which knows owner references by their UID.
func (h *Hand) patchOwner(ctx context.Context, ro *v1alpha1.Rollout, name string, metadata map[string]any) error {
	patch, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		return err
	}
	rs := replicaSet(ro, name)
	if err := h.Client.Patch(ctx, rs, client.RawPatch(types.StrategicMergePatchType, patch)); err != nil {
		return fmt.Errorf("changing the owner of ReplicaSet %q: %w", name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), rs)
	return nil
}

func (h *Hand) mergeReplicaSet(ctx context.Context, owner client.Object, name string, body map[string]any) error {
	rs := replicaSet(owner, name)
	if err := h.merge(ctx, rs, body); err != nil {
		return fmt.Errorf("changing ReplicaSet %q: %w", name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(owner), rs)
	return nil
}

// deleteReplicaSet deletes an empty revision with its leftovers. One that is gone already is what was wanted.
func (h *Hand) deleteReplicaSet(ctx context.Context, ro *v1alpha1.Rollout, a plan.DeleteReplicaSet) error {
	err := h.Client.Delete(ctx, replicaSet(ro, a.Name), client.PropagationPolicy(metav1.DeletePropagationBackground))
	if err := client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("deleting ReplicaSet %q: %w", a.Name, err)
	}
	return nil
}

func replicaSet(owner client.Object, name string) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: owner.GetNamespace(), Name: name}}
}
