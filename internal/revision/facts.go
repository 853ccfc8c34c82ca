package revision

import (
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// HashOf is the hash that a ReplicaSet is labelled with; empty for nil and without the label.
func HashOf(rs *appsv1.ReplicaSet) string {
	if rs == nil {
		return ""
	}
	return rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
}

// Number is the revision of a ReplicaSet, counted from 1; 0 when it has none.
func Number(rs *appsv1.ReplicaSet) int64 {
	number, err := strconv.ParseInt(annotation(rs, v1alpha1.RevisionAnnotation), 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// Next is the revision after all others.
func Next(others []*appsv1.ReplicaSet) int64 {
	var last int64
	for _, rs := range others {
		last = max(last, Number(rs))
	}
	return last + 1
}

// Replicas is the number of pods that a ReplicaSet was told to have; 0 for nil.
func Replicas(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	return orOne(rs.Spec.Replicas)
}

// Available is the number of its pods that have been ready long enough; 0 for nil.
func Available(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	return rs.Status.AvailableReplicas
}

// Created is the number of its pods that exist and are not being deleted; 0 for nil.
func Created(rs *appsv1.ReplicaSet) int32 {
	if rs == nil {
		return 0
	}
	return rs.Status.Replicas
}

// Bears tells whether a pod's name is one that Kubernetes gives to the pods of a ReplicaSet; false for nil. Long names are cut before
// the random part is added, so those of two ReplicaSets may then look alike.
func Bears(rs *appsv1.ReplicaSet, pod string) bool {
	if rs == nil {
		return false
	}
	const longest, random = 63, 5
	prefix := rs.Name + "-"
	return strings.HasPrefix(pod, prefix[:min(len(prefix), longest-random)])
}

// Terminating is the number of its pods that are being deleted; 0 for nil and on clusters that do not count them.
func Terminating(rs *appsv1.ReplicaSet) int32 {
	if rs == nil || rs.Status.TerminatingReplicas == nil {
		return 0
	}
	return *rs.Status.TerminatingReplicas
}

// DesiredAnnotation is the Rollout's spec.replicas at the time when the ReplicaSet was last scaled; false when unknown.
func DesiredAnnotation(rs *appsv1.ReplicaSet) (replicas int32, known bool) {
	number, err := strconv.ParseInt(annotation(rs, v1alpha1.DesiredReplicasAnnotation), 10, 32)
	return int32(number), err == nil
}

// Deadline is the instant after which a ReplicaSet may lose its pods; false when it has none.
func Deadline(rs *appsv1.ReplicaSet) (at time.Time, set bool) {
	at, err := time.Parse(time.RFC3339, annotation(rs, v1alpha1.ScaleDownDeadlineAnnotation))
	return at, err == nil
}

func annotation(rs *appsv1.ReplicaSet, key string) string {
	if rs == nil {
		return ""
	}
	return rs.Annotations[key]
}

// orOne is a number of replicas, of which there is one when nobody said how many.
func orOne(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}
