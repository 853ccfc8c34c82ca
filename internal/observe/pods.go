package observe

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// pods are those of the ReplicaSets, where somebody asks for more than their number. They are not indexed: their cache is filled when it
// is first read, and whoever asks for nothing of the kind does not pay for it.
func (e *Eye) pods(ctx context.Context, ro *v1alpha1.Rollout, sets []*appsv1.ReplicaSet) ([]*metav1.PartialObjectMetadata, error) {
	if !looksAtPods(ro) {
		return nil, nil
	}
	var found []*metav1.PartialObjectMetadata
	for _, rs := range sets {
		if !metav1.IsControlledBy(rs, ro) {
			continue
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
		hash := client.MatchingLabels{v1alpha1.DefaultRolloutUniqueLabelKey: revision.HashOf(rs)}
		if err := e.Reader.List(ctx, list, client.InNamespace(ro.Namespace), hash); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found = append(found, &list.Items[i])
		}
	}
	return found, nil
}

// looksAtPods tells whether metadata of roles or a restart ask for single pods.
func looksAtPods(ro *v1alpha1.Rollout) bool {
	canary, blueGreen := ro.Spec.Strategy.Canary, ro.Spec.Strategy.BlueGreen
	switch {
	case ro.Spec.RestartAt != nil && !ro.Spec.RestartAt.Equal(ro.Status.RestartedAt):
		return true
	case canary != nil:
		return canary.CanaryMetadata != nil || canary.StableMetadata != nil
	case blueGreen != nil:
		return blueGreen.PreviewMetadata != nil || blueGreen.ActiveMetadata != nil
	}
	return false
}
