package rollout

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// turn is one decision in the making: what is known, and what the judgements have settled so far.
type turn struct {
	World
	now       time.Time
	ro        *v1alpha1.Rollout
	canary    *v1alpha1.CanaryStrategy    // without anything where the strategy is another one
	blueGreen *v1alpha1.BlueGreenStrategy // nil where the strategy is another one
	status    v1alpha1.RolloutStatus      // as it will be written

	revisions revision.Set
	hash      string // of the present template
	retried   bool   // an abort was taken back since the last turn
	failed    string // why this turn aborted; empty when a person did, or nobody
	sizes     sizes
	turning   bool                              // the stable Service turns to the new revision, which is promoted when it has
	untaken   string                            // what a mesh has not taken yet of the routing; empty when all have
	active    string                            // the hash that the active Service is to select, in a blue-green Rollout
	birth     *appsv1.ReplicaSet                // the ReplicaSet that this turn creates, nil for none
	edits     map[string]*plan.UpdateReplicaSet // by name, so that one ReplicaSet is written once

	moves    moves
	events   []plan.Event
	rerouted []plan.Event // those of events that tell of written routes
	done     []plan.Event // told after all others
	why      plan.Why
	wake     time.Time
}

// moves are a turn's actions by the reason for their place. The order is argued in list.
type moves struct {
	own     []plan.Action // adopt, release, create ReplicaSets
	grow    []plan.Action // pods are added
	point   []plan.Action // Services select a revision that is about to get requests
	route   []plan.Action // requests move
	detach  []plan.Action // Services leave a revision that gets no more requests
	shrink  []plan.Action // pods are removed
	measure []plan.Action // AnalysisRuns are started and stopped
	dress   []plan.Action // pods wear the metadata of their role
	evict   []plan.Action // pods are restarted
	forget  []plan.Action // empty ReplicaSets and old AnalysisRuns are removed
	mark    []plan.Action // the Rollout itself
}

// list puts the actions in the one order in which the controller may die between any two of them:
//   - a ReplicaSet is ours before it is scaled;
//   - pods are added before requests move to them, for pods that are not needed do no harm;
//   - a Service selects a revision before a route sends requests through that Service;
//   - requests leave before the Service is turned away and before pods are removed;
//   - measuring begins when requests are where they are to be measured, and nothing that people feel waits for it;
//   - what pods wear tells who serves, so it changes after requests have moved; pods to come are dressed before those that live, lest
//     one is born between the two in the old dress;
//   - history goes when nothing can refer to it;
//   - the Rollout comes last: its write moves the resourceVersion that the status write holds on to.
func (m moves) list() []plan.Action {
	return slices.Concat(m.beforeRoutes(), m.route, m.detach, m.shrink, m.measure, m.dress, m.evict, m.forget, m.mark)
}

// beforeRoutes is what has to be there before requests move.
func (m moves) beforeRoutes() []plan.Action { return slices.Concat(m.own, m.grow, m.point) }

// begin starts a turn from the status as stored.
func begin(w World, now time.Time) *turn {
	canary := w.Rollout.Spec.Strategy.Canary
	if canary == nil {
		canary = &v1alpha1.CanaryStrategy{} // invalid says so; nobody else has to ask
	}
	return &turn{
		World:     w,
		now:       now,
		ro:        whole(w),
		canary:    canary,
		blueGreen: w.Rollout.Spec.Strategy.BlueGreen,
		status:    *w.Rollout.Status.DeepCopy(),
		edits:     map[string]*plan.UpdateReplicaSet{},
	}
}

// plan is what comes of a turn. One that takes requests away from a bad version does nothing else, so that the aborts of a thousand
// Rollouts are not kept waiting by each other's housekeeping; the next turn, which nobody is in a hurry for, does the rest.
func (t *turn) plan() plan.Plan[v1alpha1.RolloutStatus] {
	if t.fleeing() {
		return plan.Plan[v1alpha1.RolloutStatus]{Actions: t.moves.route, Status: t.ro.Status, Events: t.rerouted, Why: t.why, Wake: t.now}
	}
	p := plan.Plan[v1alpha1.RolloutStatus]{Actions: t.moves.list(), Status: t.status, Events: append(t.events, t.done...), Why: t.why, Wake: t.wake}
	if equality.Semantic.DeepEqual(t.ro.Status, t.status) {
		p.Status = t.ro.Status
		return p
	}
	if due := t.numbersDue(); t.now.Before(due) && len(p.Actions) == len(t.moves.point) && len(p.Events) == len(t.moves.point) && t.onlyNumbers() {
		p.Status = t.ro.Status
		p.Wake = plan.Sooner(p.Wake, due)
	}
	return p
}

// wakeAt asks for another look at a moment, or sooner.
func (t *turn) wakeAt(at time.Time) { t.wake = plan.Sooner(t.wake, at) }

func (t *turn) tell(e plan.Event) { t.events = append(t.events, e) }

func (t *turn) timestamp() *metav1.Time { return &metav1.Time{Time: t.now} }

// replicas is the number of pods that the user asks for.
func (t *turn) replicas() int32 { return v1alpha1.Replicas(t.ro) }

// fullyPromoted tells whether the present template is the stable one: there is nothing to deliver.
func (t *turn) fullyPromoted() bool {
	return t.status.StableRS != "" && t.status.StableRS == t.hash
}

// edit returns the one write that this turn makes to a ReplicaSet.
func (t *turn) edit(name string) *plan.UpdateReplicaSet {
	if t.edits[name] == nil {
		t.edits[name] = &plan.UpdateReplicaSet{Name: name, Annotations: map[string]*string{}}
	}
	return t.edits[name]
}
