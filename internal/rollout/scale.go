package rollout

import (
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// scaled gives each side the pods that the present step wants. A Rollout that somebody halted keeps the pods it has.
func scaled(t *turn) outcome {
	t.sizes = t.wantedSizes()
	t.forgetDeadlines()
	if t.halted() {
		return goOn
	}
	t.resizeBoth()
	return goOn
}

// resizeBoth gives both sides the sizes that were decided.
func (t *turn) resizeBoth() {
	if !t.allNew() {
		t.resize(t.revisions.Stable, t.sizes.Stable)
	}
	if t.birth != nil {
		t.bear(t.sizes.New)
		return
	}
	t.resize(t.revisions.New, t.sizes.New)
}

// bear sets the size of the ReplicaSet that this turn creates, which saves a write.
func (t *turn) bear(replicas int32) {
	if replicas == 0 {
		return
	}
	t.birth.Spec.Replicas = &replicas
	t.tell(scaledReplicaSet(scaling{Name: t.birth.Name, Revision: revision.Number(t.birth), To: replicas}))
}

// forgetDeadlines takes back the end of ReplicaSets that are needed again.
func (t *turn) forgetDeadlines() {
	t.forgetDeadline(t.revisions.Stable)
	if !t.status.Abort {
		t.forgetDeadline(t.revisions.New)
	}
}

func (t *turn) forgetDeadline(rs *appsv1.ReplicaSet) {
	if _, set := revision.Deadline(rs); set {
		t.edit(rs.Name).Annotations[v1alpha1.ScaleDownDeadlineAnnotation] = nil
	}
}

// resize asks for a number of pods and notes under which spec.replicas that was.
func (t *turn) resize(rs *appsv1.ReplicaSet, want int32) {
	if rs == nil {
		return
	}
	if noted, ok := revision.DesiredAnnotation(rs); (!ok || noted != t.replicas()) && max(want, revision.Replicas(rs)) > 0 {
		value := strconv.Itoa(int(t.replicas()))
		t.edit(rs.Name).Annotations[v1alpha1.DesiredReplicasAnnotation] = &value
	}
	have := revision.Replicas(rs)
	want = max(want, min(have, t.footing(rs)))
	if have == want {
		return
	}
	t.edit(rs.Name).Replicas = &want
	if _, set := revision.Deadline(rs); set && want == 0 {
		t.edit(rs.Name).Annotations[v1alpha1.ScaleDownDeadlineAnnotation] = nil
	}
	t.tell(scaledReplicaSet(scaling{Name: rs.Name, Revision: t.numberOf(rs), From: have, To: want}))
}

// numberOf is the revision of a ReplicaSet after this turn.
func (t *turn) numberOf(rs *appsv1.ReplicaSet) int64 {
	if rs == t.revisions.New {
		return t.number()
	}
	return revision.Number(rs)
}

// setDeadline notes when a ReplicaSet that gets no more requests may lose its pods.
func (t *turn) setDeadline(rs *appsv1.ReplicaSet, at time.Time) {
	value := at.UTC().Format(time.RFC3339)
	t.edit(rs.Name).Annotations[v1alpha1.ScaleDownDeadlineAnnotation] = &value
}

// abortDelay is how long canary pods are kept after an abort; false when no time is set for them.
func (t *turn) abortDelay() (time.Duration, bool) {
	return v1alpha1.AbortScaleDownDelay(t.ro)
}

// write turns the edits of this turn into actions: pods that are added come before requests move, pods that go after it.
func (t *turn) write() {
	for _, rs := range t.revisions.All() {
		edit := t.edits[rs.Name]
		if edit != nil {
			edit.Generation = rs.Generation
		}
		switch {
		case edit == nil || (edit.Replicas == nil && edit.MinReadySeconds == nil && len(edit.Annotations) == 0):
		case edit.Replicas != nil && *edit.Replicas > revision.Replicas(rs):
			t.moves.grow = append(t.moves.grow, *edit)
		default:
			t.moves.shrink = append(t.moves.shrink, *edit)
		}
	}
}
