package experiment

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// concluded writes the states of the groups, the conditions, and the sentence that people read.
func concluded(t *turn) outcome {
	for _, g := range t.groups {
		t.status.TemplateStatuses = append(t.status.TemplateStatuses, g.status)
	}
	t.progress()
	t.copyReplicaFailure()
	t.explain()
	t.wakeForGroups()
	return goOn
}

// progress says how the Experiment goes. The first case that holds is told.
func (t *turn) progress() {
	say := func(status corev1.ConditionStatus, reason, words string) v1alpha1.ExperimentCondition {
		return condition(v1alpha1.ExperimentProgressing, status, reason, fmt.Sprintf("Experiment %q %s", t.ex.Name, words))
	}
	switch {
	case t.status.Phase.Completed() && t.deserted():
		// Compat: these are the words for every end, a bad one too.
		t.set(say(corev1.ConditionFalse, "ExperimentCompleted", "has successfully ran and completed."))
	case t.status.Phase == v1alpha1.AnalysisPhaseRunning && !t.ending() && !t.elapsed():
		t.set(say(corev1.ConditionTrue, "NewReplicaSetAvailable", "is running."))
	case t.progressed():
		t.renew(say(corev1.ConditionTrue, "ReplicaSetUpdated", "is progressing."))
	}
}

// deserted tells whether no group has pods.
func (t *turn) deserted() bool {
	return !slices.ContainsFunc(t.groups, func(g *group) bool { return g.status.Replicas > 0 || g.status.AvailableReplicas > 0 })
}

// progressed tells whether there is a new group, or other numbers of pods.
func (t *turn) progressed() bool {
	return slices.ContainsFunc(t.groups, func(g *group) bool { return g.before.Status == "" || g.moved() })
}

// copyReplicaFailure repeats a ReplicaSet's trouble in making pods.
func (t *turn) copyReplicaFailure() {
	for _, g := range t.groups {
		if g.set == nil {
			continue
		}
		for _, c := range g.set.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				t.set(condition(v1alpha1.ExperimentReplicaFailure, c.Status, c.Reason, c.Message))
				return
			}
		}
	}
	t.drop(v1alpha1.ExperimentReplicaFailure)
}

func condition(kind v1alpha1.ExperimentConditionType, status corev1.ConditionStatus, reason, message string) v1alpha1.ExperimentCondition {
	return v1alpha1.ExperimentCondition{Type: kind, Status: status, Reason: reason, Message: message}
}

func (t *turn) condition(kind v1alpha1.ExperimentConditionType) *v1alpha1.ExperimentCondition {
	at := slices.IndexFunc(t.status.Conditions, func(c v1alpha1.ExperimentCondition) bool { return c.Type == kind })
	if at < 0 {
		return nil
	}
	return &t.status.Conditions[at]
}

// set replaces a condition whose status or reason changes.
func (t *turn) set(c v1alpha1.ExperimentCondition) {
	if before := t.condition(c.Type); before != nil && before.Status == c.Status && before.Reason == c.Reason {
		return
	}
	t.write(c)
}

// renew replaces a condition also where only its message is another one, or where it tells of progress that goes on.
func (t *turn) renew(c v1alpha1.ExperimentCondition) {
	before := t.condition(c.Type)
	if before != nil && before.Message == c.Message && c.Type != v1alpha1.ExperimentProgressing {
		return
	}
	t.write(c)
}

// write enters a condition. It names no generation: the status is a plain field, so each write of it makes a new one.
func (t *turn) write(c v1alpha1.ExperimentCondition) {
	c.LastUpdateTime, c.LastTransitionTime = *t.timestamp(), *t.timestamp()
	if before := t.condition(c.Type); before != nil && before.Status == c.Status {
		c.LastTransitionTime = before.LastTransitionTime
	}
	t.drop(c.Type)
	t.status.Conditions = append(t.status.Conditions, c)
}

func (t *turn) drop(kind v1alpha1.ExperimentConditionType) {
	t.status.Conditions = slices.DeleteFunc(t.status.Conditions, func(c v1alpha1.ExperimentCondition) bool { return c.Type == kind })
}
