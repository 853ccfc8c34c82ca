package rollout

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// patience is how long a change of mere numbers may go untold. Each pod that starts changes them several times, and a write of a
// status is the dearest thing that a Rollout costs the API server. Anything that somebody could act on is told at once.
const patience = 5 * time.Second

// onlyNumbers tells whether the status differs from the stored one in nothing but counts and the words about them.
func (t *turn) onlyNumbers() bool {
	return equality.Semantic.DeepEqual(withoutNumbers(t.ro.Status), withoutNumbers(t.status))
}

func withoutNumbers(s v1alpha1.RolloutStatus) v1alpha1.RolloutStatus {
	s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas, s.HPAReplicas = 0, 0, 0, 0, 0
	s.Message = ""
	verdicts := make([]v1alpha1.RolloutCondition, len(s.Conditions))
	for i, c := range s.Conditions {
		verdicts[i] = v1alpha1.RolloutCondition{Type: c.Type, Status: c.Status, ObservedGeneration: c.ObservedGeneration}
		if c.Type == v1alpha1.InvalidSpec {
			verdicts[i].Message = c.Message
		}
		if c.Type == v1alpha1.RolloutProgressing && c.Status == corev1.ConditionUnknown {
			verdicts[i].Status = corev1.ConditionTrue // what was resumed and goes on is no news
		}
	}
	slices.SortFunc(verdicts, func(a, b v1alpha1.RolloutCondition) int { return strings.Compare(string(a.Type), string(b.Type)) })
	s.Conditions = verdicts
	return s
}

// numbersDue is when they are to be told. A Service that turns now will soon be followed by what it turns for, and the numbers with that.
func (t *turn) numbersDue() time.Time {
	if len(t.moves.point) > 0 {
		return t.now.Add(patience)
	}
	return t.lastTold().Add(patience)
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
