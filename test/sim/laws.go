package sim

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/rollout"
)

// Laws are what holds in a sound world: after every write of the controller, since it may die there, and more of it when the world
// rests. They remember just what they need to tell a change.
//
// A write is judged by what its controller could know when the turn began: what pods, people and other controllers do in the middle of a
// turn, or behind a cache that has stalled, is nobody's fault. Whether a state that came of it is mended is asked when the world rests.
type Laws struct {
	view   view
	hashed map[string]bool // Services that had a hash
	walk   walk            // where the steps were
	pods   int32           // how many there were
	broken error
}

// view is what a controller could know when its turn began. The zero view excuses nothing.
type view struct {
	flows   []Flow              // where requests went, in truth
	seen    *v1alpha1.Rollout   // the Rollout as it was read
	ready   map[string]int32    // pods that were ready, by hash, as it was read
	reached map[string][]string // pods behind Services, as it was read
	asked   map[string]int32    // pods that were asked for, by hash, in truth
	version string              // of the Rollout that the next write of the turn answers
	bad     *condemned          // nil: no analysis says that the canary is bad
}

// condemned is a template that an analysis found to be bad, and what it got of the requests then.
type condemned struct {
	hash   string
	shares map[string]int64 // by place
}

// walk is a position in the steps, and what may move it back.
type walk struct {
	template, steps string
	aborted         bool
	index           int32
}

// Excuse forgets a broken law, so that the story can go on, and answers it in words.
func (w *World) Excuse(err error) string {
	w.Laws.broken = nil
	return w.named(err.Error())
}

// begin notes how things stand before a turn that decides about what was seen.
func (l *Laws) begin(w *World, seen rollout.World) {
	l.view.flows, l.view.seen, l.view.version = w.Flows(), seen.Rollout, seen.Rollout.ResourceVersion
	l.view.ready, l.view.asked, l.view.reached = map[string]int32{}, map[string]int32{}, w.seenEndpoints
	for _, rs := range seen.ReplicaSets {
		l.view.ready[revision.HashOf(rs)] = rs.Status.ReadyReplicas
	}
	for _, rs := range w.ReplicaSets() {
		l.view.asked[revision.HashOf(rs)] = revision.Replicas(rs)
	}
	l.condemn(w, seen)
	l.note(ownWritesAreSeen(w))
	l.judge(w, l.view)
}

// judge holds the writes from now on against a view.
func (l *Laws) judge(w *World, v view) {
	l.view = v
	w.Server.wrote = func(which id, before, after map[string]any) {
		l.note(l.answersWhatWasRead(which, before, after))
		l.note(foreignUntouched(w, which, before, after))
		l.note(l.always(w))
	}
}

func (l *Laws) note(err error) {
	if l.broken == nil {
		l.broken = err
	}
}

// after is asked at the end of a turn.
func (l *Laws) after(w *World) error {
	w.Server.wrote = nil
	w.Kubernetes()
	l.note(l.always(w))
	return l.broken
}

// atRest is asked when nothing is left to do at this moment. As long as a watch has stalled, the controller cannot be asked for more
// than it knows.
func (l *Laws) atRest(w *World) error {
	if len(w.stalls) > 0 {
		return l.broken
	}
	l.view = view{bad: l.view.bad}
	for _, law := range []func(*World) error{l.always, stillness, abortedIsStable, l.theBadIsTakenBack} {
		if err := law(w); err != nil {
			return err
		}
	}
	return l.broken
}

// always holds between any two writes.
func (l *Laws) always(w *World) error {
	for _, law := range []func(*World) error{
		l.servicesKeepTheirHash, servicesSelectARevision, l.stepsOnlyRise, weightsAddUp, l.requestsFindPods, l.requestsFindEndpoints, l.podsOutliveRequests, l.podsCanCarry, l.podsFitTheBudget, l.theBadGetsNoMore,
	} {
		if err := law(w); err != nil {
			return err
		}
	}
	return nil
}

// servicesKeepTheirHash: a Service that selected one revision never selects them all. What somebody else takes away is forgiven
// until the controller has looked.
func (l *Laws) servicesKeepTheirHash(w *World) error {
	if l.hashed == nil {
		l.hashed = map[string]bool{}
	}
	ro := w.Rollout()
	if ro == nil {
		return nil
	}
	for _, name := range v1alpha1.ServiceNames(ro) {
		hash := w.selects(name)
		if l.hashed[name] && hash == "" && !w.stripped[name] {
			return fmt.Errorf("Service %s lost its hash", name)
		}
		l.hashed[name] = hash != ""
		if hash != "" {
			delete(w.stripped, name)
		}
	}
	return nil
}

// stepsOnlyRise: the step index falls only when the template, the steps or an abort say so. Clients write it too, as the spec's steps say:
// it counts once the controller has seen those.
func (l *Laws) stepsOnlyRise(w *World) error {
	ro := w.Rollout()
	if ro == nil {
		return nil
	}
	now := walk{template: ro.Status.CurrentPodHash, steps: ro.Status.CurrentStepHash, aborted: ro.Status.Abort}
	if ro.Status.CurrentStepIndex != nil {
		now.index = *ro.Status.CurrentStepIndex
	}
	before := l.walk
	l.walk = now
	unseen := ro.Spec.Strategy.Canary != nil && revision.StepHash(ro.Spec.Strategy.Canary.Steps) != now.steps
	same := before.template == now.template && before.steps == now.steps && !before.aborted && !now.aborted && !unseen
	if same && now.index < before.index {
		return fmt.Errorf("the step index fell from %d to %d", before.index, now.index)
	}
	return nil
}

// weightsAddUp: the weights of every route that we write add up to the whole.
func weightsAddUp(w *World) error {
	for _, flow := range w.Flows() {
		if flow.Total != flow.Want {
			return fmt.Errorf("weights of %s add up to %d", flow.Place, flow.Total)
		}
	}
	return nil
}
