package act

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// pointService sets the one key of the selector that is ours. Nothing here ever removes it: a Service without the key would send
// requests to every revision.
func (h *Hand) pointService(ctx context.Context, ro *v1alpha1.Rollout, a plan.PointService) error {
	service := &corev1.Service{}
	service.Namespace, service.Name = ro.Namespace, a.Name
	err := h.merge(ctx, service, map[string]any{
		"metadata": map[string]any{"annotations": map[string]string{v1alpha1.ManagedByRolloutsKey: ro.Name}},
		"spec":     map[string]any{"selector": map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: a.Hash}},
	})
	if err != nil {
		return fmt.Errorf("pointing Service %q at %s: %w", a.Name, a.Hash, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), service)
	return nil
}

// createService creates a Service of ours, as errands are created.
func (h *Hand) createService(ctx context.Context, owner client.Object, a plan.CreateService) error {
	return h.begin(ctx, owner, errand{"Service", a.Service.DeepCopy()}, &corev1.Service{})
}

// deleteService deletes a Service of ours, by its UID: somebody may have deleted it and taken its name. One that is gone already is what
// was wanted.
func (h *Hand) deleteService(ctx context.Context, owner client.Object, a plan.DeleteService) error {
	service := &corev1.Service{}
	service.Namespace, service.Name = owner.GetNamespace(), a.Name
	err := h.Client.Get(ctx, client.ObjectKeyFromObject(service), service)
	if err == nil && metav1.IsControlledBy(service, owner) {
		err = h.Client.Delete(ctx, service, client.Preconditions{UID: &service.UID})
	}
	if err := client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("deleting Service %q: %w", a.Name, err)
	}
	return nil
}

// merge sends a merge patch and fills object with the answer.
func (h *Hand) merge(ctx context.Context, object client.Object, body map[string]any) error {
	patch, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return h.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch))
}
