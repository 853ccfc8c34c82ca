package rollout

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// resumed ends a pause whose time has come or that somebody ended. A client ends a pause by clearing the conditions; controllerPause
// without conditions is how that is seen.
func resumed(t *turn) outcome {
	if !t.underway() || t.halted() {
		return goOn
	}
	if t.step().Pause == nil {
		t.status.ControllerPause = len(t.status.PauseConditions) > 0
		return goOn
	}
	if !t.pausedFor(v1alpha1.PauseReasonCanaryPauseStep) {
		if t.status.ControllerPause {
			t.endPause()
		}
		return goOn
	}
	end, limited := t.pauseEnd()
	switch {
	case !limited:
	case t.now.Before(end):
		t.wakeAt(end)
	default:
		t.endPause()
	}
	return goOn
}

// endPause moves on. Where nothing but the stable Service is missing for a promotion, the last pause lasts until that has turned, which is
// soon, and the status is written once.
func (t *turn) endPause() {
	last := t.index()+1 == t.stepCount() && t.enough(revision.Available(t.revisions.New), t.replicas())
	if t.turning = last && t.mustTurn(); !t.turning {
		t.advance()
	}
}

// beginPause starts waiting when the step at work says so.
func (t *turn) beginPause() {
	if t.step() == nil || t.step().Pause == nil || t.pausedFor(v1alpha1.PauseReasonCanaryPauseStep) {
		return
	}
	t.pause(v1alpha1.PauseReasonCanaryPauseStep)
	if end, limited := t.pauseEnd(); limited {
		t.wakeAt(end)
	}
}

// pause stops the steps until the reason is taken away.
func (t *turn) pause(reason v1alpha1.PauseReason) {
	// Stored times have whole seconds. The next full one is taken, for a pause may last longer than asked for, never shorter.
	start := t.now.Truncate(time.Second)
	if start.Before(t.now) {
		start = start.Add(time.Second)
	}
	newest := v1alpha1.PauseCondition{Reason: reason, StartTime: metav1.NewTime(start)}
	t.status.PauseConditions = slices.Insert(t.status.PauseConditions, 0, newest) // the first is the one that people read
	t.status.ControllerPause = true
}

// pauseEnd is when the present pause is over; false for one that waits for a person.
func (t *turn) pauseEnd() (time.Time, bool) {
	duration, limited := v1alpha1.PauseDuration(t.step().Pause)
	if !limited {
		return time.Time{}, false
	}
	for _, pause := range t.status.PauseConditions {
		if pause.Reason == v1alpha1.PauseReasonCanaryPauseStep {
			return pause.StartTime.Add(duration), true
		}
	}
	return time.Time{}, false
}

// waitsForPerson tells whether only somebody can end the present pause.
func (t *turn) waitsForPerson() bool {
	if t.pausedFor(v1alpha1.PauseReasonBlueGreenPause) && !t.halted() {
		_, limited := t.previewEnd()
		return !limited
	}
	if t.halted() || t.step() == nil || t.step().Pause == nil {
		return t.paused()
	}
	_, limited := v1alpha1.PauseDuration(t.step().Pause)
	return !limited
}

func (t *turn) pausedFor(reason v1alpha1.PauseReason) bool {
	return slices.ContainsFunc(t.status.PauseConditions, func(p v1alpha1.PauseCondition) bool { return p.Reason == reason })
}

func (t *turn) clearPauses() {
	t.status.PauseConditions = nil
	t.status.ControllerPause = false
}

// paused tells whether the Rollout waits for a time or a person.
func (t *turn) paused() bool { return t.ro.Spec.Paused || len(t.status.PauseConditions) > 0 }
