package rollout

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// TestRestartRoom looks at the moment after an eviction: the pod is marked, and the ReplicaSet may not have counted that yet.
func TestRestartRoom(t *testing.T) {
	cases := map[string]struct {
		available, terminating int32 // as the ReplicaSet's status says
		leaving                int   // pods that are marked
		want                   int
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
			if got := room.restartRoom(3); got != c.want {
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

// TestGivesWay asks whether requests have to leave the new revision before pods are restarted.
func TestGivesWay(t *testing.T) {
	cases := map[string]struct {
		stable, fresh  int  // pods
		stableIsNew    bool // its pods were restarted already
		unavailable    int32
		early, noRoute bool
		want           bool
	}{
		"its only pod is next":          {stable: 3, fresh: 1, stableIsNew: true, want: true},
		"stable comes first":            {stable: 3, fresh: 1},
		"one of two":                    {stable: 3, fresh: 2, stableIsNew: true},
		"both of two":                   {stable: 3, fresh: 2, stableIsNew: true, unavailable: 2, want: true},
		"the time has not come":         {stable: 3, fresh: 1, stableIsNew: true, early: true},
		"no router could move requests": {stable: 3, fresh: 1, stableIsNew: true, noRoute: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			born, at := time.Unix(10, 0), time.Unix(100, 0)
			stable, fresh := grown("stable", c.stable), grown("fresh", c.fresh)
			canary := &v1alpha1.CanaryStrategy{MaxUnavailable: new(intstr.FromInt32(c.unavailable)), TrafficRouting: &v1alpha1.RolloutTrafficRouting{}}
			if c.noRoute {
				canary.TrafficRouting = nil
			}
			ro := &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Replicas: stable.Spec.Replicas, RestartAt: &metav1.Time{Time: at}, Strategy: v1alpha1.RolloutStrategy{Canary: canary}}}
			look := turn{ro: ro, canary: canary, now: at, revisions: revision.Set{Stable: stable, New: fresh}}
			if c.early {
				look.now = at.Add(-time.Second)
			}
			stableBorn := born
			if c.stableIsNew {
				stableBorn = at
			}
			look.Pods = append(pods(stable, c.stable, stableBorn), pods(fresh, c.fresh, born)...)
			if got := look.givesWay(); got != c.want {
				t.Errorf("it gives way: %t, should be %t", got, c.want)
			}
		})
	}
}

// grown is a ReplicaSet that has its pods.
func grown(name string, replicas int) *appsv1.ReplicaSet {
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}, Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(replicas))}}
	rs.Status.AvailableReplicas = int32(replicas)
	return rs
}

func pods(rs *appsv1.ReplicaSet, count int, born time.Time) []*metav1.PartialObjectMetadata {
	all := marked(rs, count-1)
	for _, pod := range all {
		pod.DeletionTimestamp, pod.CreationTimestamp = nil, metav1.Time{Time: born}
	}
	return all
}

// TestReturning: versions that were made within one second are told apart by their deadlines.
func TestReturning(t *testing.T) {
	first, second := time.Unix(100, 0), time.Unix(101, 0)
	cases := map[string]struct {
		fresh, stable time.Time
		deadline      bool
		want          bool
	}{
		"an older one with its pods":         {first, second, true, true},
		"one of the same second":             {first, first, true, true},
		"a newer one of the same second":     {first, first, false, false},
		"an older one without its pods":      {first, second, false, false},
		"a newer one that waits for its end": {second, first, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			fresh, stable := grown("fresh", 1), grown("stable", 1)
			fresh.CreationTimestamp, stable.CreationTimestamp = metav1.Time{Time: c.fresh}, metav1.Time{Time: c.stable}
			if c.deadline {
				fresh.Annotations = map[string]string{v1alpha1.ScaleDownDeadlineAnnotation: "2026-01-01T00:00:00Z"}
			}
			look := turn{revisions: revision.Set{Stable: stable, New: fresh}}
			if got := look.returning(); got != c.want {
				t.Errorf("returning: %t, should be %t", got, c.want)
			}
		})
	}
}

// TestBehind is the moment after an eviction: the pod is marked, and neither the ReplicaSet nor the EndpointSlice has been told of it.
func TestBehind(t *testing.T) {
	rs := grown("fresh", 2)
	all := marked(rs, 1)
	all[0].Name, all[1].Name = "fresh-stays", "fresh-goes"
	look := turn{World: World{
		Services:  map[string]*corev1.Service{"canary": {}},
		Endpoints: map[string][]string{"canary": {"fresh-goes", "fresh-stays"}}, Pods: all,
	}}
	if got := look.reached("canary", rs); got != 1 {
		t.Errorf("%d pods are reached, should be 1", got)
	}
	if !look.stillFound() {
		t.Error("the one that goes is still found, and nobody notices")
	}
	look.Endpoints["canary"] = []string{"fresh-stays"}
	if look.stillFound() {
		t.Error("none that goes is found any more, and it is not noticed")
	}
}
