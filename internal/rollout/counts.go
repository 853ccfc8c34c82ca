package rollout

import (
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/internal/revision"
)

// counted says what there is, in numbers, as it was read.
func counted(t *turn) outcome {
	s := &t.status
	s.Replicas, s.ReadyReplicas, s.AvailableReplicas = 0, 0, 0
	for _, rs := range t.revisions.All() {
		s.Replicas += rs.Status.Replicas
		s.ReadyReplicas += rs.Status.ReadyReplicas
		s.AvailableReplicas += rs.Status.AvailableReplicas
	}
	s.UpdatedReplicas = revision.Created(t.revisions.New)
	// An autoscaler multiplies what it sees here. Pods that are there on top, for an update, must not be multiplied.
	s.HPAReplicas = min(s.Replicas, t.replicas())
	if active := t.activeSet(); active != nil {
		s.ReadyReplicas, s.AvailableReplicas, s.HPAReplicas = active.Status.ReadyReplicas, active.Status.AvailableReplicas, active.Status.Replicas
	}
	if t.ro.Spec.Selector != nil {
		s.Selector = metav1.FormatLabelSelector(t.ro.Spec.Selector)
	}
	return goOn
}

// activeSet is the ReplicaSet behind the active Service of a blue-green Rollout, which is the one that serves; nil for none.
func (t *turn) activeSet() *appsv1.ReplicaSet {
	if t.blueGreen == nil {
		return nil
	}
	return t.revisions.ByHash(t.selects(t.blueGreen.ActiveService))
}

// progressed tells whether anything moved forward since the status was written last.
func (t *turn) progressed() bool {
	before, now := &t.ro.Status, &t.status
	return before.UpdatedReplicas != now.UpdatedReplicas ||
		now.Replicas-now.UpdatedReplicas < before.Replicas-before.UpdatedReplicas ||
		now.ReadyReplicas > before.ReadyReplicas ||
		now.AvailableReplicas > before.AvailableReplicas ||
		before.StableRS != now.StableRS ||
		before.BlueGreen.ActiveSelector != now.BlueGreen.ActiveSelector ||
		before.BlueGreen.PreviewSelector != now.BlueGreen.PreviewSelector ||
		before.CurrentStepHash != now.CurrentStepHash ||
		before.CurrentPodHash != now.CurrentPodHash ||
		!sameIndex(before.CurrentStepIndex, now.CurrentStepIndex)
}

func sameIndex(a, b *int32) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
