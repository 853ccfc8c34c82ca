package sim

import (
	"errors"
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/rollout"
)

// stillness: a world at rest stays at rest when it is looked at again, and everything that is to come has a wake-up.
func stillness(w *World) error {
	if w.Rollout() == nil {
		return nil
	}
	seen, p, err := w.reconsider()
	switch {
	case err != nil:
		return fmt.Errorf("looking again: %w", err)
	case w.drifted: // a timer does not know that the clock was set: the next change tells
		return nil
	case len(p.Actions) > 0:
		return fmt.Errorf("nothing changed, and yet it plans: %s", p.Actions[0])
	case len(p.Events) > 0:
		return fmt.Errorf("nothing changed, and yet it tells: %s", p.Events[0].Message)
	case !equal(p.Status, seen.Rollout.Status):
		return errors.New("nothing changed, and yet it writes the status")
	case !p.Wake.Equal(w.wake):
		return fmt.Errorf("it would wake at %s, and is to wake at %s", p.Wake, w.wake)
	}
	return w.nobodyIsStuck(p)
}

// reconsider looks at the world once more, unless the last turn did so and found nothing to do.
func (w *World) reconsider() (rollout.World, plan.Plan[v1alpha1.RolloutStatus], error) {
	if w.idle != nil && w.idle.at.Equal(w.Clock) && w.decisions%w.Doubt > 0 {
		return w.idle.seen, w.idle.plan, nil
	}
	seen, err := w.look()
	if err != nil {
		return seen, plan.Plan[v1alpha1.RolloutStatus]{}, err
	}
	p, err := w.decide(seen)
	return seen, p, err
}

// nobodyIsStuck: whatever is not final has a moment at which it goes on, or a named person or thing to wait for; and who waits for pods
// waits for some that are still to come or to go.
func (w *World) nobodyIsStuck(p plan.Plan[v1alpha1.RolloutStatus]) error {
	switch {
	case p.Status.Phase == v1alpha1.RolloutPhaseHealthy || !p.Wake.IsZero():
		return nil
	case len(p.Why.WaitingFor) == 0:
		return fmt.Errorf("it is %s, and waits for nobody: %s", p.Status.Phase, p.Why.Sentence)
	case p.Why.WaitingFor[0].Kind == plan.WaitClock:
		return fmt.Errorf("it waits for a moment, and sets no alarm: %s", p.Why.Sentence)
	case p.Why.WaitingFor[0].Kind == plan.WaitPods && w.podsAreSettled():
		return fmt.Errorf("it waits for pods, and all are there: %s", p.Why.Sentence)
	}
	return nil
}

// podsAreSettled tells whether each ReplicaSet has the pods that were asked for, all of them ready, and none to go.
func (w *World) podsAreSettled() bool {
	for _, rs := range w.ReplicaSets() {
		asked := revision.Replicas(rs)
		if w.available(rs) != asked || int32(len(w.living(rs.Name))) != asked || w.count(rs.Name, Terminating) > 0 {
			return false
		}
	}
	return true
}

// abortedIsStable: an abort ends with every request at the stable revision once that has its pods.
func abortedIsStable(w *World) error {
	ro := w.Rollout()
	if ro == nil || !ro.Status.Abort {
		return nil
	}
	for _, rs := range w.ReplicaSets() {
		if w.stable(revision.HashOf(rs)) && w.available(rs) < v1alpha1.Replicas(ro) {
			return nil
		}
	}
	for _, flow := range w.Flows() {
		for hash, share := range flow.Shares {
			if share > 0 && hash != "" && !w.stable(hash) {
				return fmt.Errorf("aborted, and %s still sends %d to %s", flow.Place, share, w.Label(hash))
			}
		}
	}
	return nil
}

// condemn notes what the canary gets when the controller learns that it is bad.
func (l *Laws) condemn(w *World, seen rollout.World) {
	if l.view.bad != nil || !isCondemned(seen) {
		return
	}
	l.view.bad = &condemned{hash: seen.Rollout.Status.CurrentPodHash, shares: map[string]int64{}}
	for _, flow := range w.Flows() {
		l.view.bad.shares[flow.Place] = flow.Shares[l.view.bad.hash]
	}
}

// theBadGetsNoMore: after an analysis failed, the share of its template never rises, unless somebody asks for all of it.
func (l *Laws) theBadGetsNoMore(w *World) error {
	ro := w.Rollout()
	if l.view.bad == nil || ro == nil || ro.Status.PromoteFull || ro.Status.StableRS == l.view.bad.hash {
		return nil
	}
	for _, flow := range w.Flows() {
		if had := l.view.bad.shares[flow.Place]; flow.Shares[l.view.bad.hash] > had {
			return fmt.Errorf("an analysis failed at %d, and %s now sends %d", had, flow.Place, flow.Shares[l.view.bad.hash])
		}
	}
	return nil
}

// theBadIsTakenBack: once at rest, a failed analysis has had its consequence. It says nothing about a template that came since, which an
// invalid spec may keep from becoming the current one.
func (l *Laws) theBadIsTakenBack(w *World) error {
	ro, bad := w.Rollout(), l.view.bad
	l.view.bad = nil
	if bad == nil || ro == nil || ro.Status.CurrentPodHash != bad.hash || revision.Hash(&ro.Spec.Template, ro.Status.CollisionCount) != bad.hash || ro.Status.Abort || ro.Status.PromoteFull || ro.Status.StableRS == bad.hash {
		return nil
	}
	return errors.New("an analysis failed, and nothing came of it")
}
