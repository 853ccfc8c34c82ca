package rollout

import (
	"fmt"

	"github.com/kanari-dev/kanari/internal/revision"
)

// aborted turns a Rollout back. It stays turned back until somebody retries or the template changes.
func aborted(t *turn) outcome {
	if reason := t.outOfTime(); reason != "" {
		t.status.Abort, t.failed = true, reason
	}
	if t.fullyPromoted() {
		t.status.Abort = false // there is nothing to take back
	}
	if !t.status.Abort {
		t.retried = t.ro.Status.AbortedAt != nil && !t.fullyPromoted()
		t.status.AbortedAt = nil
		return goOn
	}
	if t.status.AbortedAt == nil {
		t.status.AbortedAt = t.timestamp()
	}
	t.clearPauses()
	t.dropRuns()
	t.moveTo(0)
	return goOn
}

// fleeing tells whether this turn moves requests because of an abort that is not noted yet, and nothing has to be there before.
func (t *turn) fleeing() bool {
	return t.status.Abort && t.ro.Status.AbortedAt == nil && len(t.moves.route) > 0 && len(t.moves.beforeRoutes()) == 0
}

// outOfTime is the message of an abort for lack of progress; empty when there is none.
func (t *turn) outOfTime() string {
	if !t.ro.Spec.ProgressDeadlineAbort || t.status.Abort || t.fullyPromoted() || t.progressed() || !t.timedOut() {
		return ""
	}
	return fmt.Sprintf("ReplicaSet %q has timed out progressing.", t.newName())
}

// abortedSize is the number of new pods after an abort with traffic routing or of a blue-green Rollout. They stay for a while, for whoever looks for the cause,
// and the time runs only once stable has all its pods back.
func (t *turn) abortedSize() int32 {
	fresh, stable := t.revisions.New, t.revisions.Stable
	delay, ends := t.abortDelay()
	if !ends && t.blueGreen != nil {
		return revision.Replicas(fresh)
	}
	if fresh == nil || !ends {
		return t.stepSize(0)
	}
	deadline, set := revision.Deadline(fresh)
	switch {
	case revision.Replicas(fresh) == 0:
		return 0
	case !set && revision.Available(stable) < t.replicas():
		return revision.Replicas(fresh)
	case !set:
		deadline = t.now.Add(delay)
		t.setDeadline(fresh, deadline)
	case !t.now.Before(deadline):
		return 0
	}
	t.wakeAt(deadline)
	return revision.Replicas(fresh)
}
