package rollout

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// TestRestartRoom looks at the moment after an eviction: the pod is marked, and the ReplicaSet may not have counted that yet.
func TestRestartRoom(t *testing.T) {
	cases := map[string]struct {
		available, terminating int32 // as the ReplicaSet's status says
		leaving                int   // pods that are marked
		want                   int32
	}{
		"all are there": {available: 3, want: 1},
		"one leaves, and the status does not know yet": {available: 3, leaving: 1, want: 0},
		"one leaves, and the status knows":             {available: 2, terminating: 1, leaving: 1, want: 0},
		"its successor works before it is gone":        {available: 3, terminating: 1, leaving: 1, want: 1},
		"one is not ready":                             {available: 2, want: 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			unavailable, replicas := intstr.FromInt32(1), int32(3)
			ro := &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Replicas: &replicas}}
			ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{MaxUnavailable: &unavailable}
			rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web-1", UID: "rs"}, Spec: appsv1.ReplicaSetSpec{Replicas: &replicas}}
			rs.Status.AvailableReplicas, rs.Status.TerminatingReplicas = c.available, &c.terminating
			room := turn{ro: ro, World: World{Pods: marked(rs, c.leaving)}, revisions: revision.Set{Stable: rs, New: rs}}
			if got := room.restartRoom(); got != c.want {
				t.Errorf("room for %d, should be %d", got, c.want)
			}
		})
	}
}

// marked are pods of a ReplicaSet that are about to go, and one that stays.
func marked(rs *appsv1.ReplicaSet, leaving int) []*metav1.PartialObjectMetadata {
	all := make([]*metav1.PartialObjectMetadata, leaving+1)
	for i := range all {
		all[i] = &metav1.PartialObjectMetadata{}
		all[i].OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}
		if i > 0 {
			all[i].DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
		}
	}
	return all
}
