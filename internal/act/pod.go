package act

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// dressReplicaSet changes what pods to come will wear, and what the ReplicaSet remembers of it, in one write.
func (h *Hand) dressReplicaSet(ctx context.Context, ro *v1alpha1.Rollout, a plan.DressReplicaSet) error {
	return h.mergeReplicaSet(ctx, ro, a.Name, map[string]any{
		"metadata": map[string]any{"annotations": map[string]*string{v1alpha1.EphemeralMetadataAnnotation: a.Worn}},
		"spec":     map[string]any{"template": map[string]any{"metadata": worn(a.Wear)}},
	})
}

func (h *Hand) dressPod(ctx context.Context, ro *v1alpha1.Rollout, a plan.DressPod) error {
	pod := podMetadata(ro, a.Name)
	err := h.merge(ctx, pod, map[string]any{"metadata": worn(a.Wear)})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("dressing pod %q: %w", a.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), pod)
	return nil
}

func worn(w plan.Wear) map[string]any {
	metadata := map[string]any{}
	if len(w.Labels) > 0 {
		metadata["labels"] = w.Labels
	}
	if len(w.Annotations) > 0 {
		metadata["annotations"] = w.Annotations
	}
	return metadata
}

// evictPod asks for a pod to go. A disruption budget that says no is no failure: the next turn asks again.
func (h *Hand) evictPod(ctx context.Context, ro *v1alpha1.Rollout, a plan.EvictPod) error {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ro.Namespace, Name: a.Name}}
	eviction := &policyv1.Eviction{DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &a.UID}}}
	err := h.Client.SubResource("eviction").Create(ctx, pod, eviction)
	if err == nil || apierrors.IsTooManyRequests(err) || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return fmt.Errorf("evicting pod %q: %w", a.Name, err)
}

// podMetadata stands for a pod where only its metadata is read or written.
func podMetadata(ro *v1alpha1.Rollout, name string) *metav1.PartialObjectMetadata {
	pod := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: ro.Namespace, Name: name}}
	pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return pod
}
