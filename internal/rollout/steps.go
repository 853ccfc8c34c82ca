package rollout

import (
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func (t *turn) stepCount() int32 { return int32(len(t.canary.Steps)) }

// index is the step at work; the number of steps when all are done.
func (t *turn) index() int32 {
	if t.status.CurrentStepIndex == nil {
		return 0
	}
	return min(max(*t.status.CurrentStepIndex, 0), t.stepCount()) // clients write it too
}

// moveTo sets the step index. A Rollout without steps has none.
func (t *turn) moveTo(index int32) {
	t.status.CurrentStepIndex = nil
	if t.stepCount() > 0 {
		t.status.CurrentStepIndex = &index
	}
}

// step is the one at work, nil when all are done.
func (t *turn) step() *v1alpha1.CanaryStep {
	if t.index() >= t.stepCount() {
		return nil
	}
	return &t.canary.Steps[t.index()]
}

// lastWeight is the nearest setWeight before a step, 0 when there is none.
func (t *turn) lastWeight(before int32) int32 {
	for _, step := range slices.Backward(t.canary.Steps[:before]) {
		if step.SetWeight != nil {
			return *step.SetWeight
		}
	}
	return 0
}

// stepWeight is the share that the steps ask for now: nothing after an abort, everything when no step is left.
func (t *turn) stepWeight() int32 {
	switch {
	case t.status.Abort:
		return 0
	case t.step() == nil:
		return t.total()
	default:
		return t.lastWeight(t.index() + 1)
	}
}

// total is what all weights add up to.
func (t *turn) total() int32 { return v1alpha1.MaxTrafficWeight(t.ro) }

// halted tells whether somebody stopped the Rollout by hand: pods and steps stay as they are.
func (t *turn) halted() bool {
	return t.ro.Spec.Paused || t.pausedFor(v1alpha1.PauseReasonInconclusiveAnalysis) || t.pausedFor(v1alpha1.PauseReasonInconclusiveExperiment)
}

// underway tells whether steps are being worked on.
func (t *turn) underway() bool {
	return !t.status.Abort && !t.fullyPromoted() && !t.ro.Spec.Paused && t.step() != nil
}

// stepped ends the step at work once pods and routes are as it wants, and begins the next one.
//
// A step that moved requests in this turn may end in it: the status is written only after the actions, so a step counts as done
// only when its write stood.
func stepped(t *turn) outcome {
	if !t.underway() || len(t.status.PauseConditions) > 0 || t.turning {
		return goOn
	}
	if t.stepDone() {
		t.advance()
	}
	t.beginPause()
	return goOn
}

// stepDone tells whether the step at work has come about. A pause has its own end.
func (t *turn) stepDone() bool {
	switch step := t.step(); {
	case step.Pause != nil:
		return false
	case step.Analysis != nil:
		run := t.status.Canary.CurrentStepAnalysisRunStatus
		return run != nil && run.Status == v1alpha1.AnalysisPhaseSuccessful
	case step.Experiment != nil:
		ex := t.experiment()
		return ex != nil && ex.Status.Phase == v1alpha1.AnalysisPhaseSuccessful
	default:
		return t.atDesiredCounts() && t.routedAsWanted()
	}
}

// advance ends the step at work.
func (t *turn) advance() {
	done := t.step()
	t.moveTo(t.index() + 1)
	t.clearPauses()
	t.status.Canary.CurrentStepAnalysisRunStatus = nil
	t.tell(completedStep(t.index(), t.stepCount(), done.Text()))
}
