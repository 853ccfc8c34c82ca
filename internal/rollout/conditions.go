package rollout

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// concluded writes the conditions, the phase, and the sentence that people read.
func concluded(t *turn) outcome {
	t.status.ObservedGeneration = v1alpha1.ObservedGeneration(t.ro.Generation)
	t.status.StepText = t.stepProgress()
	for _, c := range []v1alpha1.RolloutCondition{t.healthyCondition(), t.progressing(), t.pausedCondition(), t.availableCondition(), t.completedCondition()} {
		t.set(c)
	}
	t.copyReplicaFailure()
	t.status.Phase, t.status.Message = t.phase()
	t.concludeGeneric()
	t.explain()
	t.wakeForDeadline()
	return goOn
}

// stepProgress is the step at work counted from one, such as "3/8"; empty without steps.
func (t *turn) stepProgress() string {
	if t.stepCount() == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", t.index(), t.stepCount())
}

// healthy tells whether there is nothing left to do and everything is there.
func (t *turn) healthy() bool {
	s := &t.status
	complete := t.fullyPromoted() && t.step() == nil && !t.paused() && s.UpdatedReplicas == t.replicas() && s.AvailableReplicas == t.replicas()
	if t.blueGreen != nil {
		return complete && s.BlueGreen.ActiveSelector == t.hash && (t.blueGreen.PreviewService == "" || s.BlueGreen.PreviewSelector == t.hash)
	}
	return complete && s.Replicas == t.replicas()
}

func (t *turn) healthyCondition() v1alpha1.RolloutCondition {
	switch {
	case t.healthy():
		return condition(v1alpha1.RolloutHealthy, corev1.ConditionTrue, "RolloutHealthy", "Rollout is healthy")
	case t.condition(v1alpha1.RolloutHealthy) != nil:
		return condition(v1alpha1.RolloutHealthy, corev1.ConditionFalse, "RolloutHealthy", "Rollout is not healthy")
	default:
		return v1alpha1.RolloutCondition{} // a Rollout that never was healthy has not lost its health
	}
}

// progressing is the condition that says how the update goes. The first case that holds is told.
func (t *turn) progressing() v1alpha1.RolloutCondition {
	before := t.condition(v1alpha1.RolloutProgressing)
	name := fmt.Sprintf("ReplicaSet %q", t.newName())
	say := func(status corev1.ConditionStatus, reason, message string) v1alpha1.RolloutCondition {
		return condition(v1alpha1.RolloutProgressing, status, reason, message)
	}
	wasPaused := before != nil && before.Reason == reasonPaused
	switch {
	case t.was(v1alpha1.InvalidSpec) && !t.status.Abort:
		return v1alpha1.RolloutCondition{} // no progress is expected of what cannot be followed
	case t.status.Abort:
		return t.abortedCondition(before)
	case t.paused() && !wasPaused:
		t.tell(pausedRollout(t.pauseReason(), t.waitsForPerson()))
		return say(corev1.ConditionUnknown, reasonPaused, "Rollout is paused")
	case t.paused():
		return v1alpha1.RolloutCondition{}
	case t.retried:
		return say(corev1.ConditionUnknown, "RolloutRetry", "Retrying Rollout after abort")
	case wasPaused:
		t.tell(resumedRollout())
		return say(corev1.ConditionUnknown, "RolloutResumed", "Rollout is resumed")
	case t.healthy():
		return say(corev1.ConditionTrue, reasonAvailable, name+" has successfully progressed.")
	case t.birth != nil:
		return say(corev1.ConditionTrue, "NewReplicaSetCreated", fmt.Sprintf("Created new replica set %q", t.birth.Name))
	case before == nil:
		return say(corev1.ConditionTrue, "FoundNewReplicaSet", fmt.Sprintf("Found new replica set %q", t.newName()))
	case t.progressed():
		return say(corev1.ConditionTrue, "ReplicaSetUpdated", name+" is progressing.")
	case t.fullyPromoted() && before.Reason == reasonAvailable && t.status.AvailableReplicas < t.replicas():
		return say(corev1.ConditionTrue, "ReplicaSetNotAvailable", "Rollout does not have minimum availability")
	case t.timedOut():
		return say(corev1.ConditionFalse, reasonTimedOut, name+" has timed out progressing.")
	default:
		return v1alpha1.RolloutCondition{}
	}
}

const (
	reasonAborted   = "RolloutAborted"
	reasonPaused    = "RolloutPaused"
	reasonAvailable = "NewReplicaSetAvailable"
	reasonTimedOut  = "ProgressDeadlineExceeded"
)

func (t *turn) abortedCondition(before *v1alpha1.RolloutCondition) v1alpha1.RolloutCondition {
	message := fmt.Sprintf("Rollout aborted update to revision %d", t.number())
	if t.failed != "" {
		message += ": " + t.failed
	}
	if before == nil || before.Reason != reasonAborted {
		t.tell(abortedRollout(message))
	}
	return condition(v1alpha1.RolloutProgressing, corev1.ConditionFalse, reasonAborted, message)
}

func (t *turn) pauseReason() string {
	if len(t.status.PauseConditions) > 0 {
		return string(t.status.PauseConditions[0].Reason)
	}
	return "manually paused"
}

func (t *turn) pausedCondition() v1alpha1.RolloutCondition {
	before := t.condition(v1alpha1.RolloutPaused)
	if was := before != nil && before.Status == corev1.ConditionTrue; t.status.Abort || t.paused() == was {
		return v1alpha1.RolloutCondition{}
	}
	return condition(v1alpha1.RolloutPaused, truth(t.paused()), reasonPaused, "Rollout is paused")
}

func (t *turn) availableCondition() v1alpha1.RolloutCondition {
	message := "Rollout does not have minimum availability"
	enough := t.status.AvailableReplicas >= t.replicas()
	if enough {
		message = "Rollout has minimum availability"
	}
	return condition(v1alpha1.RolloutAvailable, truth(enough), "AvailableReason", message)
}

func (t *turn) completedCondition() v1alpha1.RolloutCondition {
	return condition(v1alpha1.RolloutCompleted, truth(t.fullyPromoted()), "RolloutCompleted", "RolloutCompleted")
}

// copyReplicaFailure repeats a ReplicaSet's trouble in making pods, the new one's first.
func (t *turn) copyReplicaFailure() {
	all := append([]*appsv1.ReplicaSet{t.revisions.New}, t.revisions.All()...)
	for _, rs := range all {
		if rs == nil {
			continue
		}
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				t.set(condition(v1alpha1.RolloutReplicaFailure, c.Status, c.Reason, c.Message))
				return
			}
		}
	}
	t.drop(v1alpha1.RolloutReplicaFailure)
}

// timedOut tells whether the update made no progress for too long, where it could have.
func (t *turn) timedOut() bool {
	before := t.condition(v1alpha1.RolloutProgressing)
	if before == nil || t.paused() || t.waitsByDesign() || t.oldWaits() {
		return false
	}
	switch before.Reason {
	case reasonAborted, reasonPaused:
		return false
	case reasonTimedOut:
		return true
	}
	return before.LastUpdateTime.Add(t.deadline()).Before(t.now)
}

// waitsByDesign tells whether the step at work takes its time for other reasons than pods.
func (t *turn) waitsByDesign() bool {
	step := t.step()
	return !t.fullyPromoted() && step != nil && (step.Pause != nil || step.Analysis != nil || step.Experiment != nil)
}

// oldWaits tells whether an old revision is in its scale-down delay: the update is over then, only pods remain.
func (t *turn) oldWaits() bool {
	return slices.ContainsFunc(t.revisions.Old, func(rs *appsv1.ReplicaSet) bool {
		_, set := revision.Deadline(rs)
		return set
	})
}

func (t *turn) deadline() time.Duration {
	return time.Duration(v1alpha1.ProgressDeadlineSeconds(t.ro)) * time.Second
}

// wakeForDeadline looks again when an update that makes no progress runs out of time.
func (t *turn) wakeForDeadline() {
	c := t.condition(v1alpha1.RolloutProgressing)
	if c == nil || t.was(v1alpha1.InvalidSpec) || t.healthy() || t.paused() || t.status.Abort || t.waitsByDesign() || t.oldWaits() || c.Reason == reasonTimedOut {
		return
	}
	// One second more, because stored times have whole seconds.
	t.wakeAt(c.LastUpdateTime.Add(t.deadline() + time.Second))
}

func condition(kind v1alpha1.RolloutConditionType, status corev1.ConditionStatus, reason, message string) v1alpha1.RolloutCondition {
	return v1alpha1.RolloutCondition{Type: kind, Status: status, Reason: reason, Message: message}
}

// was tells whether a condition held when the status was read.
func (t *turn) was(kind v1alpha1.RolloutConditionType) bool {
	c := t.condition(kind)
	return c != nil && c.Status == corev1.ConditionTrue
}

func truth(b bool) corev1.ConditionStatus {
	if b {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

func (t *turn) condition(kind v1alpha1.RolloutConditionType) *v1alpha1.RolloutCondition {
	i := slices.IndexFunc(t.status.Conditions, func(c v1alpha1.RolloutCondition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &t.status.Conditions[i]
}

// set replaces a condition whose status or reason changes; one without a type says nothing. Progress that goes on renews
// the time of its condition, for the deadline counts from there.
func (t *turn) set(c v1alpha1.RolloutCondition) {
	before := t.condition(c.Type)
	renews := c.Type == v1alpha1.RolloutProgressing && c.Reason == "ReplicaSetUpdated"
	if c.Type == "" || (before != nil && before.Status == c.Status && before.Reason == c.Reason && !renews) {
		t.touch(before)
		return
	}
	c.ObservedGeneration = t.ro.Generation
	c.LastUpdateTime, c.LastTransitionTime = *t.timestamp(), *t.timestamp()
	if before != nil && before.Status == c.Status {
		c.LastTransitionTime = before.LastTransitionTime
	}
	t.drop(c.Type)
	t.status.Conditions = append(t.status.Conditions, c)
}

// touch notes that a condition that stays holds for the present generation too.
func (t *turn) touch(c *v1alpha1.RolloutCondition) {
	if c != nil {
		c.ObservedGeneration = t.ro.Generation
	}
}

func (t *turn) drop(kind v1alpha1.RolloutConditionType) {
	t.status.Conditions = slices.DeleteFunc(t.status.Conditions, func(c v1alpha1.RolloutCondition) bool { return c.Type == kind })
}
