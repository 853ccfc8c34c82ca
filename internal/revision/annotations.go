package revision

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// ownAnnotations belong to one object: a ReplicaSet has its own, or none, whatever its Rollout has.
var ownAnnotations = map[string]bool{
	corev1.LastAppliedConfigAnnotation:    true,
	v1alpha1.RevisionAnnotation:           true,
	v1alpha1.RevisionHistoryAnnotation:    true,
	v1alpha1.DesiredReplicasAnnotation:    true,
	v1alpha1.NotifiedAnnotation:           true,
	v1alpha1.EphemeralMetadataAnnotation:  true,
	v1alpha1.ScaleDownDeadlineAnnotation:  true,
	v1alpha1.WorkloadGenerationAnnotation: true, // it changes with every number of replicas that somebody gives the workload
}

// Annotations is what must be written to a ReplicaSet so that it has this revision number, remembers those it had, and
// carries the Rollout's annotations; nil when nothing must. A number is never lowered, and an annotation that the
// Rollout has lost stays.
func Annotations(ro *v1alpha1.Rollout, rs *appsv1.ReplicaSet, number int64) map[string]*string {
	edits := map[string]*string{}
	for key, value := range ro.Annotations {
		if present, ok := rs.Annotations[key]; !ownAnnotations[key] && (!ok || present != value) {
			edits[key] = &value
		}
	}
	former := Number(rs)
	if former < number {
		edits[v1alpha1.RevisionAnnotation] = new(strconv.FormatInt(number, 10))
	}
	if len(edits) == 0 {
		return nil
	}
	// Compat: any change at all enters the revision into the history, also one that leaves the number as it is.
	if former > 0 {
		history := append(history(rs), strconv.FormatInt(former, 10))
		edits[v1alpha1.RevisionHistoryAnnotation] = new(strings.Join(history, ","))
	}
	return edits
}

// history lists the former revisions of a ReplicaSet, the earliest first.
func history(rs *appsv1.ReplicaSet) []string {
	list := annotation(rs, v1alpha1.RevisionHistoryAnnotation)
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
