package rollout

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// tidied takes the pods from old revisions and forgets the oldest of those that have none.
func tidied(t *turn) outcome {
	if t.canary.TrafficRouting == nil {
		t.drain()
	} else {
		t.retire()
	}
	t.trimHistory()
	t.write()
	return goOn
}

// drain takes pods from old revisions of a basic canary: those that do not work at once, the others as far as maxUnavailable allows.
func (t *turn) drain() {
	available := t.oldAvailable() + revision.Available(t.revisions.New)
	if !t.allNew() {
		available += revision.Available(t.revisions.Stable)
	}
	spare := available - (t.replicas() - unavailable(t.ro))
	for _, rs := range t.newestFirst() {
		working := min(revision.Available(rs), revision.Replicas(rs))
		given := min(working, max(spare, 0))
		if t.answers(revision.HashOf(rs)) && unavailable(t.ro) < t.replicas() {
			given = min(given, max(working-1, 0)) // its Service turns to another first
		}
		spare -= given
		t.resize(rs, working-given)
	}
}

// retire takes the pods from old revisions that get no requests any more: a former stable one after its delay, one that was
// overtaken by a newer template at once.
func (t *turn) retire() {
	kept := int32(0)
	for _, rs := range t.newestFirst() {
		if kept < t.delayLimit() && t.graced(rs) {
			kept++
			continue
		}
		// Where requests may still come, the change that sends them elsewhere wakes us.
		if hash := revision.HashOf(rs); !t.selected(hash) && !t.receives(rs) && !t.routedTo(hash) {
			t.resize(rs, 0)
		} else if t.limited() && rs == t.former() {
			t.resize(rs, min(revision.Replicas(rs), t.needed(t.carried())))
		}
	}
}

// graced tells whether a former stable revision keeps its pods for now.
func (t *turn) graced(rs *appsv1.ReplicaSet) bool {
	_, set := revision.Deadline(rs)
	return t.delays() && (set || t.fullyPromoted()) && t.lingers(rs)
}

// lingers tells whether the delay of an old revision still runs, and sets its end where it begins.
func (t *turn) lingers(rs *appsv1.ReplicaSet) bool {
	deadline, set := revision.Deadline(rs)
	if !set {
		deadline = t.now.Add(v1alpha1.ScaleDownDelay(t.ro))
		t.setDeadline(rs, deadline)
	}
	if t.now.Before(deadline) {
		t.wakeAt(deadline)
		return true
	}
	return false
}

// delays tells whether old revisions keep their pods for a while. With a constant number of pods there is no room for that.
func (t *turn) delays() bool {
	return !t.limited() && v1alpha1.ScaleDownDelay(t.ro) > 0
}

// delayLimit is how many old revisions may keep their pods at the same time.
func (t *turn) delayLimit() int32 {
	limit := t.canary.ScaleDownDelayRevisionLimit
	if t.blueGreen != nil {
		limit = t.blueGreen.ScaleDownDelayRevisionLimit
	}
	if limit != nil {
		return *limit
	}
	return int32(len(t.revisions.Old))
}

// routedTo tells whether the routes as they were last written send requests to a revision.
func (t *turn) routedTo(hash string) bool {
	before := t.ro.Status.Canary.Weights
	if unconfirmed(before) {
		return true
	}
	return before != nil && (hash == before.Stable.PodTemplateHash || (hash == before.Canary.PodTemplateHash && before.Canary.Weight > 0))
}

// newestFirst are the old revisions that have pods.
func (t *turn) newestFirst() []*appsv1.ReplicaSet {
	withPods := slices.DeleteFunc(slices.Clone(t.revisions.Old), func(rs *appsv1.ReplicaSet) bool {
		return revision.Replicas(rs) == 0
	})
	slices.SortStableFunc(withPods, func(a, b *appsv1.ReplicaSet) int { return int(revision.Number(b) - revision.Number(a)) })
	return withPods
}

// trimHistory forgets the oldest revisions beyond revisionHistoryLimit that are empty and have been seen to be so.
func (t *turn) trimHistory() {
	surplus := len(t.revisions.Old) - int(v1alpha1.RevisionHistoryLimit(t.ro))
	for _, rs := range t.revisions.Old[:max(surplus, 0)] {
		empty := revision.Replicas(rs) == 0 && revision.Created(rs) == 0 && rs.Status.ObservedGeneration >= rs.Generation
		if empty && rs.DeletionTimestamp == nil && t.edits[rs.Name] == nil {
			t.moves.forget = append(t.moves.forget, plan.DeleteReplicaSet{Name: rs.Name})
		}
	}
}
