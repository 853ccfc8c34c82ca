package act

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

func (h *Hand) scaleWorkload(ctx context.Context, ro *v1alpha1.Rollout, a plan.ScaleWorkload) error {
	deployment := &unstructured.Unstructured{} // it is read in this form, too
	deployment.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("Deployment"))
	deployment.SetNamespace(ro.Namespace)
	deployment.SetName(a.Name)
	if err := h.merge(ctx, deployment, map[string]any{"spec": map[string]any{"replicas": a.Replicas}}); err != nil {
		return fmt.Errorf("scaling Deployment %q: %w", a.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), deployment)
	return nil
}
