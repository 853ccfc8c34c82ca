package rollout

import (
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// deleted ends the turn of a Rollout that is on its way out.
func deleted(t *turn) outcome {
	return outcome(t.ro.DeletionTimestamp != nil)
}

// revised finds out which ReplicaSets are ours and what role each plays.
func revised(t *turn) outcome {
	owned, adopt, release := revision.Claim(t.ro, t.ReplicaSets)
	for _, rs := range adopt {
		t.moves.own = append(t.moves.own, plan.AdoptReplicaSet{Name: rs.Name})
	}
	for _, rs := range release {
		t.moves.own = append(t.moves.own, plan.ReleaseReplicaSet{Name: rs.Name})
	}
	t.revisions = revision.Classify(t.ro, append(owned, adopt...))
	t.hash = revision.HashOf(t.revisions.New)
	if t.revisions.New == nil {
		t.hash = revision.Hash(&t.ro.Spec.Template, t.status.CollisionCount)
	}
	return goOn
}

// renewed starts over when the template or the steps are others than those of the last turn.
func renewed(t *turn) outcome {
	steps := ""
	if t.blueGreen == nil {
		steps = revision.StepHash(t.canary.Steps)
	}
	if t.status.CurrentPodHash == t.hash && t.status.CurrentStepHash == steps {
		return goOn
	}
	if t.status.CurrentPodHash != t.hash && t.was(v1alpha1.RolloutCompleted) && !t.fullyPromoted() {
		t.tell(startedUpdate(t.number(), t.hash))
	}
	t.status.CurrentPodHash, t.status.CurrentStepHash = t.hash, steps
	// An abort that no turn has carried out yet came after the last look: it may well be meant for this template, and must not be lost.
	t.status.Abort = t.status.Abort && t.status.AbortedAt == nil
	t.status.AbortedAt, t.status.PromoteFull = nil, false
	t.status.RestartedAt = t.ro.Spec.RestartAt
	t.clearPauses()
	t.dropRuns()
	t.forgetStrategy()
	t.moveTo(0)
	switch {
	case t.blueGreen != nil:
	case t.fullyPromoted():
		t.tell(skippedSteps("Rollback to stable ReplicaSets"))
		t.moveTo(t.stepCount())
	case t.withinRollbackWindow():
		t.tell(skippedSteps("Rollback to active ReplicaSets within RollbackWindow"))
		t.moveTo(t.stepCount())
	}
	return goOn
}

// forgetStrategy drops what is known about the template's way so far, and all that another strategy knew.
func (t *turn) forgetStrategy() {
	if t.blueGreen == nil {
		t.status.BlueGreen = v1alpha1.BlueGreenStatus{}
		return
	}
	t.status.Canary = v1alpha1.CanaryStatus{}
	t.status.BlueGreen.ScaleUpPreviewCheckPoint = false
}

// withinRollbackWindow tells whether the new revision is an older one that still has pods, with few enough revisions between
// it and the stable one.
func (t *turn) withinRollbackWindow() bool {
	fresh, stable := t.revisions.New, t.revisions.Stable
	if t.ro.Spec.RollbackWindow == nil || fresh == nil || stable == nil || revision.Replicas(fresh) == 0 {
		return false
	}
	if !fresh.CreationTimestamp.Before(&stable.CreationTimestamp) {
		return false
	}
	between := int32(0)
	for _, rs := range t.revisions.Old {
		if fresh.CreationTimestamp.Before(&rs.CreationTimestamp) && rs.CreationTimestamp.Before(&stable.CreationTimestamp) {
			between++
		}
	}
	return between < t.ro.Spec.RollbackWindow.Revisions
}

// created gives the present template its ReplicaSet, numbers the revision, and keeps annotations in step with the Rollout.
func created(t *turn) outcome {
	number := t.number()
	t.markRollout(number)
	if t.revisions.New == nil {
		t.birth = revision.Make(t.ro, t.hash, number)
		t.moves.own = append(t.moves.own, plan.CreateReplicaSet{ReplicaSet: t.birth})
		t.tell(createdReplicaSet(t.birth.Name, number))
		t.warnOfRoutes()
	}
	t.keepUp(number)
	return goOn
}

// number is the revision of the present template: one more than any other's, or what its ReplicaSet bears already.
func (t *turn) number() int64 {
	others := make([]*appsv1.ReplicaSet, 0, len(t.revisions.Old)+1)
	for _, rs := range t.revisions.All() {
		if rs != t.revisions.New {
			others = append(others, rs)
		}
	}
	return max(revision.Next(others), revision.Number(t.revisions.New))
}

// keepUp repeats on the new ReplicaSet what the Rollout says beside its template.
func (t *turn) keepUp(number int64) {
	rs := t.revisions.New
	if rs == nil {
		return
	}
	maps.Copy(t.edit(rs.Name).Annotations, revision.Annotations(t.ro, rs, number))
	if rs.Spec.MinReadySeconds != t.ro.Spec.MinReadySeconds {
		t.edit(rs.Name).MinReadySeconds = &t.ro.Spec.MinReadySeconds
	}
}

// markRollout writes on the Rollout itself what only it can bear: the revision, and a number of replicas where none is given.
func (t *turn) markRollout(number int64) {
	mark := plan.UpdateRollout{}
	if want := strconv.FormatInt(number, 10); t.ro.Annotations[v1alpha1.RevisionAnnotation] != want {
		mark.Annotations = map[string]string{v1alpha1.RevisionAnnotation: want}
		t.tell(updatedRollout(number))
	}
	if want := t.workloadMark(); want != "" && t.ro.Annotations[v1alpha1.WorkloadGenerationAnnotation] != want {
		mark.Annotations = laid(mark.Annotations, map[string]string{v1alpha1.WorkloadGenerationAnnotation: want})
	}
	if t.ro.Spec.Replicas == nil {
		replicas := t.replicas()
		mark.Replicas = &replicas
	}
	if mark.Annotations != nil || mark.Replicas != nil {
		t.moves.mark = append(t.moves.mark, mark)
	}
}

// newName is the name of the ReplicaSet of the present template, also while it is only about to be created.
func (t *turn) newName() string {
	if t.revisions.New != nil {
		return t.revisions.New.Name
	}
	if t.birth != nil {
		return t.birth.Name
	}
	return ""
}
