package act

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// updateRollout edits the Rollout beside its status. The patch names the resourceVersion that was read, and the answer's is the one that
// the status write of this turn holds on to: so a foreign write before or between the two is noticed.
func (h *Hand) updateRollout(ctx context.Context, ro *v1alpha1.Rollout, a plan.UpdateRollout) error {
	metadata := map[string]any{"resourceVersion": ro.ResourceVersion}
	if len(a.Annotations) > 0 {
		metadata["annotations"] = a.Annotations
	}
	body := map[string]any{"metadata": metadata}
	if a.Replicas != nil {
		body["spec"] = map[string]any{"replicas": *a.Replicas}
	}
	answer := &v1alpha1.Rollout{}
	answer.Namespace, answer.Name = ro.Namespace, ro.Name
	if err := h.merge(ctx, answer, body); err != nil {
		return fmt.Errorf("marking Rollout %q: %w", ro.Name, err)
	}
	ro.ResourceVersion = answer.ResourceVersion
	h.Wrote(client.ObjectKeyFromObject(ro), answer)
	return nil
}

// updateStatus sends the status in the form that the installed CRD asks for.
func (h *Hand) updateStatus(ctx context.Context, ro *v1alpha1.Rollout) error {
	if !h.GenerationsAsText {
		return h.Client.Status().Update(ctx, ro)
	}
	raw, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ro)
	if err != nil {
		return err
	}
	if status, ok := raw["status"].(map[string]any); ok {
		v1alpha1.StringGenerations(status)
	}
	object := &unstructured.Unstructured{Object: raw}
	object.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("Rollout"))
	if err := h.Client.Status().Update(ctx, object); err != nil {
		return err
	}
	ro.ResourceVersion = object.GetResourceVersion()
	return nil
}

// CountCollision notes that a hash is taken, so that the next turn computes another one.
func (h *Hand) CountCollision(ctx context.Context, ro *v1alpha1.Rollout) error {
	ro = ro.DeepCopy()
	count := int32(1)
	if ro.Status.CollisionCount != nil {
		count += *ro.Status.CollisionCount
	}
	status := *ro.Status.DeepCopy()
	status.CollisionCount = &count
	return h.writeStatus(ctx, ro, status)
}
