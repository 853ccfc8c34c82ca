package rollout

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// assessed reads what the runs that the status names have found since.
//
// It comes before anything that could refuse or move the Rollout: a verdict on pods that get requests must not be lost because somebody
// broke the spec meanwhile. A verdict on another template than the present one says nothing about this one.
func assessed(t *turn) outcome {
	if t.status.CurrentPodHash != t.hash || t.fullyPromoted() || t.status.PromoteFull {
		return goOn
	}
	t.dropStrayStepRun()
	for _, kept := range t.keptRuns() {
		t.assess(kept)
	}
	return goOn
}

// assess takes over the phase of one run and draws the consequence.
func (t *turn) assess(kept keptRun) {
	before := kept.status()
	if before == nil {
		return
	}
	if before.Status == v1alpha1.AnalysisPhaseInconclusive && !t.pausedFor(v1alpha1.PauseReasonInconclusiveAnalysis) {
		kept.set(nil) // somebody decided to go on, so it is measured anew
		return
	}
	run := t.run(before.Name)
	switch {
	case run != nil:
		kept.set(inShort(run))
	case !before.Status.Completed():
		kept.set(nil) // somebody deleted it; a verdict would have stood
		return
	}
	now := kept.status()
	if now.Status != before.Status {
		t.tell(analysisMoved(kept.role, *before, *now))
	}
	t.conclude(kept.role, *now)
}

// conclude acts on a verdict.
func (t *turn) conclude(role string, run v1alpha1.RolloutAnalysisRunStatus) {
	switch run.Status {
	case v1alpha1.AnalysisPhaseFailed, v1alpha1.AnalysisPhaseError:
		if t.status.Abort {
			return
		}
		t.status.Abort, t.failed = true, verdictWords[role]+" phase error/failed"
		if run.Message != "" {
			t.failed += ": " + run.Message
		}
	case v1alpha1.AnalysisPhaseInconclusive:
		if !t.status.Abort && !t.pausedFor(v1alpha1.PauseReasonInconclusiveAnalysis) {
			t.pause(v1alpha1.PauseReasonInconclusiveAnalysis)
		}
	}
}

// verdictWords begin the message of an abort; scripts look for them.
var verdictWords = map[string]string{
	v1alpha1.RolloutTypeStepLabel:          "Step-based analysis",
	v1alpha1.RolloutTypeBackgroundRunLabel: "Background analysis",
	v1alpha1.RolloutTypePrePromotionLabel:  "Blue/green pre-promotion analysis",
	v1alpha1.RolloutTypePostPromotionLabel: "Blue/green post-promotion analysis",
}

// dropStrayStepRun forgets the run of a step that is no longer the one at work: clients move the index too.
func (t *turn) dropStrayStepRun() {
	run := t.status.Canary.CurrentStepAnalysisRunStatus
	if run == nil {
		return
	}
	if step := t.step(); step == nil || step.Analysis == nil || !t.order(t.stepAnalysis()).Made(run.Name) {
		t.status.Canary.CurrentStepAnalysisRunStatus = nil
	}
}

// inShort is a run as the Rollout's status tells of it.
func inShort(run *v1alpha1.AnalysisRun) *v1alpha1.RolloutAnalysisRunStatus {
	phase := run.Status.Phase
	if phase == "" {
		phase = v1alpha1.AnalysisPhasePending
	}
	return &v1alpha1.RolloutAnalysisRunStatus{Name: run.Name, Status: phase, Message: run.Status.Message}
}

func analysisMoved(role string, before, now v1alpha1.RolloutAnalysisRunStatus) plan.Event {
	former := string(before.Status)
	if before.Status == v1alpha1.AnalysisPhasePending {
		former = "NoPreviousStatus"
	}
	return plan.Event{
		Warning:   now.Status == v1alpha1.AnalysisPhaseFailed || now.Status == v1alpha1.AnalysisPhaseError,
		Milestone: now.Status == v1alpha1.AnalysisPhaseInconclusive,
		Reason:    "AnalysisRun" + string(now.Status),
		Message:   fmt.Sprintf("%s Analysis Run '%s' Status New: '%s' Previous: '%s'", role, now.Name, now.Status, former),
	}
}
