package experiment

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// peopled gives each group its pods, and takes them after the end. The turn that finds the end leaves them alone: see moves.list.
func peopled(t *turn) outcome {
	for _, rs := range t.own() {
		g := t.groupOf(rs)
		switch {
		case rs.DeletionTimestamp != nil:
		case t.ending(), g == nil && t.alive():
			t.retire(rs)
		case t.alive() && !g.status.Status.Completed():
			t.fit(rs, g.wanted())
		}
	}
	for _, g := range t.groups {
		if g.birth == nil || !t.alive() {
			continue
		}
		t.moves.grow = append(t.moves.grow, plan.CreateReplicaSet{ReplicaSet: g.birth})
		if size := revision.Replicas(g.birth); size > 0 {
			t.tell(scaledReplicaSet(g.birth.Name, 0, size))
		}
	}
	return goOn
}

// groupOf is the group that a ReplicaSet belongs to; nil for one that nobody asks for any more.
func (t *turn) groupOf(rs *appsv1.ReplicaSet) *group {
	g := t.group(rs.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey])
	if g == nil || g.set != rs {
		return nil
	}
	return g
}

// fit gives a ReplicaSet its number of pods, and forgets when they were to go: it may be needed again after a retry.
func (t *turn) fit(rs *appsv1.ReplicaSet, want int32) {
	edit := plan.UpdateReplicaSet{Name: rs.Name, Generation: rs.Generation}
	if _, set := revision.Deadline(rs); set {
		edit.Annotations = map[string]*string{v1alpha1.ScaleDownDeadlineAnnotation: nil}
	}
	if have := revision.Replicas(rs); have != want {
		edit.Replicas = &want
		t.tell(scaledReplicaSet(rs.Name, have, want))
	}
	if edit.Replicas != nil || edit.Annotations != nil {
		t.moves.grow = append(t.moves.grow, edit)
	}
}

// retire takes the pods from a ReplicaSet after the delay, whose end is noted on it.
func (t *turn) retire(rs *appsv1.ReplicaSet) {
	have := revision.Replicas(rs)
	if have == 0 {
		return
	}
	deadline, noted := revision.Deadline(rs)
	delay := v1alpha1.ExperimentScaleDownDelay(t.ex)
	edit := plan.UpdateReplicaSet{Name: rs.Name, Generation: rs.Generation}
	switch {
	case delay > 0 && !noted:
		at := t.now.Add(delay)
		edit.Annotations = map[string]*string{v1alpha1.ScaleDownDeadlineAnnotation: new(at.UTC().Format(time.RFC3339))}
		t.wakeAt(at)
	case delay > 0 && t.now.Before(deadline):
		t.wakeAt(deadline)
		return
	default:
		edit.Replicas = new(int32(0))
		if noted {
			edit.Annotations = map[string]*string{v1alpha1.ScaleDownDeadlineAnnotation: nil}
		}
		t.tell(scaledReplicaSet(rs.Name, have, 0))
	}
	t.moves.shrink = append(t.moves.shrink, edit)
}
