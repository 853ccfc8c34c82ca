package rollout

import (
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// staffed gives the stable revision all its pods, and the new one all or as many as a preview is to have. A blue-green Rollout that is
// paused goes on doing so: what the pause holds back is the switch.
func staffed(t *turn) outcome {
	t.latch()
	t.sizes = t.blueGreenSizes()
	t.forgetReturns()
	t.resizeBoth()
	return goOn
}

// latch notes that a small preview has passed and is to get all its pods.
func (t *turn) latch() {
	few := t.blueGreen.PreviewReplicaCount
	if few == nil {
		t.status.BlueGreen.ScaleUpPreviewCheckPoint = false
		return
	}
	passed := !t.status.Abort && !t.halted() && t.judgedBefore() && t.previewWaited() && revision.Available(t.revisions.New) == *few
	if passed && !t.fullyPromoted() && t.active != t.hash {
		t.status.BlueGreen.ScaleUpPreviewCheckPoint = true
		t.unpause(v1alpha1.PauseReasonBlueGreenPause)
	}
}

func (t *turn) blueGreenSizes() sizes {
	switch {
	case t.allNew():
		return sizes{New: t.replicas()}
	case t.status.Abort:
		return sizes{New: t.abortedSize(), Stable: t.replicas()}
	default:
		return sizes{New: t.previewSize(), Stable: t.replicas()}
	}
}

// previewSize is the number of pods that the new revision is to have before and after the switch.
func (t *turn) previewSize() int32 {
	few := t.blueGreen.PreviewReplicaCount
	small := few != nil && !t.status.BlueGreen.ScaleUpPreviewCheckPoint && !t.fastTracked() && t.active != t.hash
	if small {
		return *few
	}
	return t.replicas()
}

// previewComplete tells whether the new revision has the pods that it is to have for now.
func (t *turn) previewComplete() bool {
	fresh, want := t.revisions.New, t.previewSize()
	return fresh != nil && revision.Replicas(fresh) == want && revision.Available(fresh) == want
}

// saturated tells whether the new revision has all the pods that the user asks for.
func (t *turn) saturated() bool {
	fresh := t.revisions.New
	return fresh != nil && revision.Replicas(fresh) == t.replicas() && revision.Available(fresh) == t.replicas()
}

// forgetReturns takes back the end of revisions that are needed again. The new one keeps its deadline until it is active: the deadline is
// how it is known to be on its way back.
func (t *turn) forgetReturns() {
	t.forgetDeadline(t.revisions.Stable)
	if t.active == t.hash {
		t.forgetDeadline(t.revisions.New)
	}
}

// led points the two Services. The preview Service shows the new revision from the start, before any pod of it is ready: nobody relies on
// it, and whoever looks shall never see the former one by mistake.
func led(t *turn) outcome {
	exists := t.revisions.New != nil || t.birth != nil
	if preview := t.blueGreen.PreviewService; exists && t.has(preview) && !t.halted() && t.selects(preview) != t.hash {
		t.moves.point = append(t.moves.point, t.pointAt(preview, t.hash))
	}
	if active := t.blueGreen.ActiveService; t.has(active) && t.active != "" && t.selects(active) != t.active {
		t.moves.point = append(t.moves.point, t.pointAt(active, t.active))
	}
	t.status.BlueGreen.ActiveSelector = t.active
	t.status.BlueGreen.PreviewSelector = t.pointed(t.blueGreen.PreviewService)
	return goOn
}

// pointed is the hash that a Service selects after this turn.
func (t *turn) pointed(service string) string {
	for _, action := range slices.Concat(t.moves.point, t.moves.detach) {
		if point, ok := action.(plan.PointService); ok && point.Name == service {
			return point.Hash
		}
	}
	return t.selects(service)
}

// retired takes the pods from old revisions that no Service selects, each after its delay, and forgets the oldest without pods.
func retired(t *turn) outcome {
	kept := int32(0)
	for _, rs := range t.newestFirst() {
		if hash := revision.HashOf(rs); t.selected(hash) || t.active == hash {
			continue // the change that turns the Service away wakes us
		}
		if kept < t.delayLimit() && t.delays() && t.lingers(rs) {
			kept++
			continue
		}
		t.resize(rs, 0)
	}
	t.trimHistory()
	t.write()
	return goOn
}

// unpause takes one reason for waiting away.
func (t *turn) unpause(reason v1alpha1.PauseReason) {
	t.status.PauseConditions = slices.DeleteFunc(t.status.PauseConditions, func(p v1alpha1.PauseCondition) bool { return p.Reason == reason })
	if len(t.status.PauseConditions) == 0 {
		t.status.PauseConditions, t.status.ControllerPause = nil, false
	}
}
