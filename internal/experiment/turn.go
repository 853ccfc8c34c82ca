package experiment

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// turn is one decision in the making: what is known, and what the judgements have settled so far.
type turn struct {
	World
	now    time.Time
	ex     *v1alpha1.Experiment
	status v1alpha1.ExperimentStatus // as it will be written

	groups []*group
	wanted []wanted // analyses that can begin

	moves  moves
	events []plan.Event
	done   []plan.Event // told after all others
	why    plan.Why
	wake   time.Time
}

// moves are a turn's actions by the reason for their place. The order is argued in list.
type moves struct {
	grow    []plan.Action // ReplicaSets are created, pods are added
	serve   []plan.Action // Services are created
	measure []plan.Action // AnalysisRuns are started and stopped
	shrink  []plan.Action // pods are removed, or told when to go
	retreat []plan.Action // Services are deleted
}

// list puts the actions in the one order in which the controller may die between any two of them:
//   - a ReplicaSet is born with its number of pods: it bears our name and our owner reference from its first moment, so a second write
//     to scale it would protect nothing;
//   - a Service follows the ReplicaSet whose hash it selects;
//   - measuring ends before the pods go that are measured, and begins only when the time from which it counts is stored, so that a
//     second attempt asks for the same run;
//   - a Service goes when its pods have gone, which an earlier turn has seen.
//
// One rule stands before all of these: nothing that ends a group is done before the end itself is stored, in the status or as
// spec.terminate. A turn that took pods away and died before it said why would look, to the next one, like pods that broke.
func (m moves) list() []plan.Action {
	return slices.Concat(m.grow, m.serve, m.measure, m.shrink, m.retreat)
}

// begin starts a turn from the status as stored.
func begin(w World, now time.Time) *turn {
	return &turn{World: w, now: now, ex: w.Experiment, status: *w.Experiment.Status.DeepCopy()}
}

func (t *turn) plan() plan.Plan[v1alpha1.ExperimentStatus] {
	p := plan.Plan[v1alpha1.ExperimentStatus]{
		Actions: t.moves.list(), Status: t.status, Events: append(t.events, t.done...), Why: t.why, Wake: t.wake,
	}
	if equality.Semantic.DeepEqual(t.ex.Status, t.status) {
		p.Status = t.ex.Status
	}
	return p
}

// ended tells whether the verdict stands.
func (t *turn) ended() bool { return t.ex.Status.Phase.Completed() }

// ending tells whether nothing more is to be started, and what runs is to go.
func (t *turn) ending() bool { return t.ended() || t.ex.Spec.Terminate }

// alive tells whether groups are to have their pods. In the turn that finds the verdict nothing moves any more.
func (t *turn) alive() bool { return !t.ending() && !t.status.Phase.Completed() }

// wakeAt asks for another look at a moment, or sooner. What is past has been acted upon.
func (t *turn) wakeAt(at time.Time) {
	if at.After(t.now) {
		t.wake = plan.Sooner(t.wake, at)
	}
}

func (t *turn) tell(e plan.Event) { t.events = append(t.events, e) }

func (t *turn) timestamp() *metav1.Time { return &metav1.Time{Time: t.now} }

// finish is when the duration is over; false without a limit, and before all groups ran.
func (t *turn) finish() (time.Time, bool) {
	duration, limited := v1alpha1.ExperimentDuration(t.ex)
	if !limited || t.status.AvailableAt == nil {
		return time.Time{}, false
	}
	return t.status.AvailableAt.Add(duration), true
}

// elapsed tells whether the duration is over.
func (t *turn) elapsed() bool {
	end, limited := t.finish()
	return limited && !t.now.Before(end)
}

// deleted ends the turn of an Experiment that is on its way out.
func deleted(t *turn) outcome {
	if t.ex.DeletionTimestamp == nil {
		return goOn
	}
	t.why = plan.Why{Sentence: "Being deleted."}
	return enough
}
