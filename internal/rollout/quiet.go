package rollout

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// patience is how long a change of mere numbers may go untold. Each pod that starts changes them several times, and a write of a
// status is the dearest thing that a Rollout costs the API server. Anything that somebody could act on is told at once.
const patience = 2 * time.Second

// onlyNumbers tells whether the status differs from the stored one in nothing but counts and the words about them.
func (t *turn) onlyNumbers() bool {
	return equality.Semantic.DeepEqual(withoutNumbers(t.ro.Status), withoutNumbers(t.status))
}

func withoutNumbers(s v1alpha1.RolloutStatus) v1alpha1.RolloutStatus {
	s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas, s.HPAReplicas = 0, 0, 0, 0, 0
	s.Message = ""
	verdicts := make(map[v1alpha1.RolloutConditionType]v1alpha1.RolloutCondition, len(s.Conditions))
	for _, c := range s.Conditions {
		verdicts[c.Type] = v1alpha1.RolloutCondition{Status: c.Status, ObservedGeneration: c.ObservedGeneration}
	}
	s.Conditions = nil
	for _, kind := range []v1alpha1.RolloutConditionType{
		v1alpha1.RolloutHealthy, v1alpha1.RolloutProgressing, v1alpha1.RolloutPaused, v1alpha1.RolloutAvailable, v1alpha1.RolloutCompleted,
		v1alpha1.RolloutReplicaFailure, v1alpha1.InvalidSpec, v1alpha1.RolloutReady, v1alpha1.RolloutReconciling, v1alpha1.RolloutStalled,
	} {
		s.Conditions = append(s.Conditions, verdicts[kind])
	}
	return s
}

// lastTold is when a condition was last written.
func (t *turn) lastTold() time.Time {
	var last time.Time
	for _, c := range t.ro.Status.Conditions {
		if c.LastUpdateTime.After(last) {
			last = c.LastUpdateTime.Time
		}
	}
	return last
}
