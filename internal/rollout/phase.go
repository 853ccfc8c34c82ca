package rollout

import (
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// phase is the state in one word, and why. The first case that holds is told; scripts look for the words.
func (t *turn) phase() (v1alpha1.RolloutPhase, string) {
	s := &t.status
	if trouble := t.trouble(); trouble != nil {
		reason := trouble.Reason
		if trouble.Type == v1alpha1.InvalidSpec {
			reason = string(v1alpha1.InvalidSpec)
		}
		return v1alpha1.RolloutPhaseDegraded, reason + ": " + trouble.Message
	}
	progress := func(message string) (v1alpha1.RolloutPhase, string) { return v1alpha1.RolloutPhaseProgressing, message }
	switch {
	case t.ro.Spec.Paused:
		return v1alpha1.RolloutPhasePaused, "manually paused"
	case len(s.PauseConditions) > 0:
		return v1alpha1.RolloutPhasePaused, string(s.PauseConditions[0].Reason)
	case t.restarting():
		return progress("rollout is restarting")
	case s.UpdatedReplicas < t.replicas():
		return progress("more replicas need to be updated")
	case s.AvailableReplicas < s.UpdatedReplicas:
		return progress("updated replicas are still becoming available")
	case t.blueGreen != nil && s.BlueGreen.ActiveSelector != t.hash:
		return progress("active service cutover pending")
	case t.blueGreen != nil && !t.fullyPromoted() && !t.judgedAfter():
		return progress("waiting for analysis to complete")
	case t.blueGreen != nil && !t.fullyPromoted():
		return progress("waiting for post-promotion verification to complete")
	case t.blueGreen == nil && t.canary.TrafficRouting == nil && s.Replicas > s.UpdatedReplicas:
		return progress("old replicas are pending termination")
	case !t.fullyPromoted(), t.blueGreen == nil && t.carried() > 0:
		return progress("waiting for all steps to complete")
	default:
		return v1alpha1.RolloutPhaseHealthy, ""
	}
}

// trouble is the condition that makes a Rollout Degraded.
func (t *turn) trouble() *v1alpha1.RolloutCondition {
	i := slices.IndexFunc(t.status.Conditions, func(c v1alpha1.RolloutCondition) bool {
		return c.Type == v1alpha1.InvalidSpec ||
			(c.Type == v1alpha1.RolloutProgressing && (c.Reason == reasonAborted || c.Reason == reasonTimedOut))
	})
	if i < 0 {
		return nil
	}
	return &t.status.Conditions[i]
}

// concludeGeneric says the same in the three conditions that tools without knowledge of Rollouts understand.
func (t *turn) concludeGeneric() {
	phase, message := t.status.Phase, t.status.Message
	reason := string(phase)
	if trouble := t.trouble(); trouble != nil {
		reason = trouble.Reason
	}
	t.setGeneric(condition(v1alpha1.RolloutReady, truth(phase == v1alpha1.RolloutPhaseHealthy), reason, message))
	t.setGeneric(condition(v1alpha1.RolloutReconciling, truth(phase == v1alpha1.RolloutPhaseProgressing), reason, message))
	t.setGeneric(condition(v1alpha1.RolloutStalled, truth(phase == v1alpha1.RolloutPhaseDegraded), reason, message))
}

// setGeneric differs from set in that a changed message counts and that places are kept: people read these conditions.
func (t *turn) setGeneric(c v1alpha1.RolloutCondition) {
	before := t.condition(c.Type)
	if before == nil {
		t.set(c)
		return
	}
	t.touch(before)
	if before.Status == c.Status && before.Reason == c.Reason && before.Message == c.Message {
		return
	}
	if before.Status != c.Status {
		before.LastTransitionTime = *t.timestamp()
	}
	before.Status, before.Reason, before.Message, before.LastUpdateTime = c.Status, c.Reason, c.Message, *t.timestamp()
}
