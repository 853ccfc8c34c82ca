package rollout

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// awaited says whether the preview waits: for its judgement first, then for a time or a person.
func awaited(t *turn) outcome {
	if t.status.Abort || t.halted() {
		return goOn
	}
	if end, limited := t.previewEnd(); limited && t.now.Before(end) {
		t.wakeAt(end)
	}
	if !t.previewComplete() {
		return goOn
	}
	if t.fastTracked() || t.selects(t.blueGreen.ActiveService) == t.hash || t.status.BlueGreen.ScaleUpPreviewCheckPoint || !t.previewPauses() {
		t.unpause(v1alpha1.PauseReasonBlueGreenPause)
		return goOn
	}
	if !t.judgedBefore() {
		return goOn
	}
	if t.pausedFor(v1alpha1.PauseReasonBlueGreenPause) || t.status.ControllerPause {
		return goOn
	}
	t.pause(v1alpha1.PauseReasonBlueGreenPause)
	if end, limited := t.previewEnd(); limited {
		t.wakeAt(end)
	}
	return goOn
}

// previewPauses tells whether a complete preview waits for a time or a person.
func (t *turn) previewPauses() bool {
	return !v1alpha1.AutoPromotionEnabled(t.blueGreen) || t.blueGreen.AutoPromotionSeconds > 0
}

// previewEnd is when the preview's time is over; false where it has none, or has not begun.
func (t *turn) previewEnd() (time.Time, bool) {
	if !v1alpha1.AutoPromotionEnabled(t.blueGreen) {
		return time.Time{}, false
	}
	for _, pause := range t.status.PauseConditions {
		if pause.Reason == v1alpha1.PauseReasonBlueGreenPause {
			return pause.StartTime.Add(time.Duration(t.blueGreen.AutoPromotionSeconds) * time.Second), true
		}
	}
	return time.Time{}, false
}

// previewTime is previewEnd where there is a preview at all.
func (t *turn) previewTime() (time.Time, bool) {
	if t.blueGreen == nil {
		return time.Time{}, false
	}
	return t.previewEnd()
}

// previewWaited tells whether the pause is over: its time has come, or a client took the condition away.
func (t *turn) previewWaited() bool {
	switch {
	case t.status.BlueGreen.ScaleUpPreviewCheckPoint, !t.previewPauses():
		return true
	case t.pausedFor(v1alpha1.PauseReasonBlueGreenPause):
		end, limited := t.previewEnd()
		return limited && !t.now.Before(end)
	default:
		return t.status.ControllerPause
	}
}

// judgedBefore tells whether the preview passed its analysis, if there is one.
func (t *turn) judgedBefore() bool {
	run := t.status.BlueGreen.PrePromotionAnalysisRunStatus
	return t.blueGreen.PrePromotionAnalysis == nil || (run != nil && run.Status == v1alpha1.AnalysisPhaseSuccessful)
}

// judgedAfter tells the same of the analysis after the switch.
func (t *turn) judgedAfter() bool {
	run := t.status.BlueGreen.PostPromotionAnalysisRunStatus
	return t.blueGreen.PostPromotionAnalysis == nil || (run != nil && run.Status == v1alpha1.AnalysisPhaseSuccessful)
}

// fastTracked tells whether the new revision needs neither judgement nor pause: it is or was the stable one and still has its pods, there
// is nothing active that it could harm, or somebody asked for it.
func (t *turn) fastTracked() bool {
	return t.status.PromoteFull || t.fullyPromoted() || t.withinRollbackWindow() || t.returning() ||
		t.revisions.Stable == nil || t.selects(t.blueGreen.ActiveService) == ""
}

// returning tells whether the new revision was active before and still waits for the end of its pods. Both may be of one second, which is
// as exactly as an age is known.
func (t *turn) returning() bool {
	fresh, stable := t.revisions.New, t.revisions.Stable
	if fresh == nil || stable == nil || stable.CreationTimestamp.Before(&fresh.CreationTimestamp) {
		return false
	}
	_, set := revision.Deadline(fresh)
	return set
}

// switched decides which revision the active Service is to select. It turns to a revision that has all its pods, and back to the stable
// one at once when somebody or something aborts, or when nobody is left there to answer.
func switched(t *turn) outcome {
	t.active = t.selects(t.blueGreen.ActiveService)
	switch {
	case t.status.Abort:
		if revision.Available(t.revisions.Stable) > 0 {
			t.active = t.status.StableRS
		}
	case t.deserted():
		t.active = t.status.StableRS
	case t.halted() || !t.saturated():
	case t.fastTracked(), t.judgedBefore() && t.previewWaited():
		t.active = t.hash
	}
	return goOn
}

// deserted tells whether the active Service selects the new revision, of which no pod is ready, while the stable one has some.
func (t *turn) deserted() bool {
	active := t.selects(t.blueGreen.ActiveService) == t.hash
	return active && !t.fullyPromoted() && revision.Available(t.revisions.New) == 0 && revision.Available(t.revisions.Stable) > 0
}

// adopted makes the revision behind the active Service the stable one when it has passed all that is asked of it.
func adopted(t *turn) outcome {
	reason := t.adoptionReason()
	if reason == "" {
		return goOn
	}
	t.clearPauses()
	t.status.Abort, t.status.AbortedAt, t.status.PromoteFull = false, nil, false
	t.status.BlueGreen.ScaleUpPreviewCheckPoint = false
	t.becomeStable(reason)
	return goOn
}

func (t *turn) adoptionReason() string {
	switch {
	case t.revisions.Stable == nil:
		return "Initial deploy"
	case t.active != t.hash:
		return ""
	case t.status.PromoteFull:
		return "Full promotion requested"
	case t.withinRollbackWindow():
		return "Rollback within window"
	case t.fullyPromoted(), t.returning():
		return "Fast rollback"
	case t.status.Abort, t.halted(), !t.judgedAfter():
		return ""
	default:
		return "Completed blue-green update"
	}
}
