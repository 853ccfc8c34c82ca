package rollout

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// restartPoll is when evictions that were refused, or that there was no room for, are asked for again, should nothing else happen.
const restartPoll = 30 * time.Second

// restarted replaces the pods that are older than spec.restartAt, as many at a time as may be unavailable. They are evicted, so that
// PodDisruptionBudgets have their say, and their ReplicaSets make new ones.
func restarted(t *turn) outcome {
	if !t.restarting() {
		return goOn
	}
	at := t.ro.Spec.RestartAt.Time
	if t.now.Before(at) {
		t.wakeAt(at)
		return goOn
	}
	due := t.dueForRestart()
	if len(due) == 0 && !t.stillFound() {
		t.status.RestartedAt = t.ro.Spec.RestartAt
		return goOn
	}
	if !t.givesWay() || (t.carried() == 0 && t.untaken == "") {
		for _, pod := range due[:t.restartRoom(len(due))] {
			t.moves.evict = append(t.moves.evict, plan.EvictPod{Name: pod.Name, UID: pod.UID})
		}
	}
	t.wakeAt(t.now.Add(restartPoll))
	return goOn
}

// dueForRestart are the pods that are older than asked, in the order in which they are replaced; none before the time has come.
func (t *turn) dueForRestart() []*metav1.PartialObjectMetadata {
	if !t.restarting() || t.now.Before(t.ro.Spec.RestartAt.Time) {
		return nil
	}
	var due []*metav1.PartialObjectMetadata
	for _, rs := range t.restartOrder() {
		for _, pod := range t.podsOf(rs) {
			if pod.CreationTimestamp.Time.Before(t.ro.Spec.RestartAt.Time) {
				due = append(due, pod)
			}
		}
	}
	return due
}

// givesWay tells whether the pods that are replaced next are all that answer for a new revision. Their requests go to stable before, as
// long as there are none of it to answer.
func (t *turn) givesWay() bool {
	fresh := t.revisions.New
	if fresh == nil || fresh == t.revisions.Stable || t.canary.TrafficRouting == nil {
		return false
	}
	due, going := t.dueForRestart(), int32(0)
	for _, pod := range due[:t.restartRoom(len(due))] {
		if metav1.IsControlledBy(pod, fresh) {
			going++
		}
	}
	return going > 0 && going >= revision.Available(fresh)
}

// restarting tells whether a restart was asked for that has not been carried out.
func (t *turn) restarting() bool {
	return t.ro.Spec.RestartAt != nil && !t.ro.Spec.RestartAt.Equal(t.status.RestartedAt)
}

// restartRoom is how many pods may go now, at the most that many.
func (t *turn) restartRoom(most int) int {
	available, asked := int32(0), int32(0)
	for _, rs := range t.revisions.All() {
		available += revision.Available(rs) - t.leaving(rs)
		asked += revision.Replicas(rs)
	}
	return min(max(int(available-(max(t.replicas(), asked)-max(unavailable(t.ro), 1))), 0), most)
}

// leaving is how many pods of a ReplicaSet are on their way out and still count as available, because its status was written before.
func (t *turn) leaving(rs *appsv1.ReplicaSet) int32 {
	terminating := int32(0)
	for _, pod := range t.Pods {
		if pod.DeletionTimestamp != nil && metav1.IsControlledBy(pod, rs) {
			terminating++
		}
	}
	return max(terminating-revision.Terminating(rs), 0)
}

// restartOrder is stable first, which carries most requests, then the new revision, then old ones.
func (t *turn) restartOrder() []*appsv1.ReplicaSet {
	var order []*appsv1.ReplicaSet
	if t.revisions.Stable != nil {
		order = append(order, t.revisions.Stable)
	}
	if t.revisions.New != nil && t.revisions.New != t.revisions.Stable {
		order = append(order, t.revisions.New)
	}
	return append(order, t.revisions.Old...)
}
