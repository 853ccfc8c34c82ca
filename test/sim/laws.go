package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/rollout"
)

// Laws are what holds in a sound world: after every write of the controller, since it may die there, and more of it when the world
// rests. They remember just what they need to tell a change.
type Laws struct {
	hashed  map[string]bool // Services that had a hash
	walk    walk            // where the steps were
	pods    int32           // how many there were
	started []Flow          // where requests went when the turn began
	bad     *condemned      // nil: no analysis says that the canary is bad
	broken  error
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

// begin notes how things stand before a turn.
func (l *Laws) begin(w *World) {
	l.started = w.Flows()
	l.condemn(w)
	w.Server.wrote = func() { l.note(l.always(w)) }
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

// atRest is asked when nothing is left to do at this moment.
func (l *Laws) atRest(w *World) error {
	l.started = nil
	for _, law := range []func(*World) error{l.always, stillness, abortedIsStable, l.theBadIsTakenBack} {
		if err := law(w); err != nil {
			return err
		}
	}
	return nil
}

// always holds between any two writes.
func (l *Laws) always(w *World) error {
	for _, law := range []func(*World) error{l.servicesKeepTheirHash, l.stepsOnlyRise, weightsAddUp, l.requestsFindPods, l.podsFitTheBudget, l.theBadGetsNoMore} {
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
	if ro == nil || ro.Spec.Strategy.Canary == nil {
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

// stepsOnlyRise: the step index falls only when the template, the steps or an abort say so.
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
	same := before.template == now.template && before.steps == now.steps && !before.aborted && !now.aborted
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

// requestsFindPods: no request goes to a revision without a ready pod, unless it did so before the controller could look. When
// nobody is ready, it is nobody's fault, and a Rollout of no replicas answers nobody by wish.
func (l *Laws) requestsFindPods(w *World) error {
	if ro := w.Rollout(); ro == nil || v1alpha1.Replicas(ro) == 0 {
		return nil
	}
	ready := map[string]int32{}
	anybody := false
	for _, rs := range w.ReplicaSets() {
		ready[revision.HashOf(rs)] = w.count(rs.Name, Ready)
		anybody = anybody || ready[revision.HashOf(rs)] > 0
	}
	for _, flow := range w.Flows() {
		for _, hash := range slices.Sorted(maps.Keys(flow.Shares)) {
			if hash == "" || flow.Shares[hash] == 0 || ready[hash] > 0 || !anybody || l.had(flow.Place, hash) || w.stable(hash) {
				continue
			}
			return fmt.Errorf("%s sends %d of %d to %s, which has no ready pod", flow.Place, flow.Shares[hash], flow.Want, w.Label(hash))
		}
	}
	return nil
}

func (l *Laws) had(place, hash string) bool {
	return slices.ContainsFunc(l.started, func(f Flow) bool { return f.Place == place && f.Shares[hash] > 0 })
}

func (w *World) stable(hash string) bool {
	ro := w.Rollout()
	return ro != nil && ro.Status.StableRS == hash
}

// scaled is a number of pods, or a share of them rounded up.
func scaled(value intstr.IntOrString, replicas int32) int32 {
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, int(replicas), true)
	if err != nil {
		return 0
	}
	return int32(n)
}

// podsFitTheBudget: with dynamicStableScale the pods, those that go among them, never grow beyond replicas and the surge that the user
// granted. They may be more after replicas were lowered, and while pods of a finished update still go.
func (l *Laws) podsFitTheBudget(w *World) error {
	ro := w.Rollout()
	before := l.pods
	l.pods = int32(len(w.Pods))
	if ro == nil || ro.Spec.Strategy.Canary == nil || !ro.Spec.Strategy.Canary.DynamicStableScale {
		return nil
	}
	budget := v1alpha1.Replicas(ro)
	if surge := ro.Spec.Strategy.Canary.MaxSurge; surge != nil {
		budget += scaled(*surge, budget)
	} else if budget == 1 {
		budget = 2
	}
	underWay := ro.Status.StableRS != "" && ro.Status.StableRS != ro.Status.CurrentPodHash
	if underWay && l.pods > budget && l.pods > before {
		return fmt.Errorf("%d pods, the budget is %d", l.pods, budget)
	}
	return nil
}

// stillness: a world at rest stays at rest when it is looked at again, and everything that is to come has a wake-up.
func stillness(w *World) error {
	if w.Rollout() == nil {
		return nil
	}
	seen, err := w.look()
	if err != nil {
		return fmt.Errorf("observing: %w", err)
	}
	p := rollout.Decide(seen, w.Clock)
	switch {
	case len(p.Actions) > 0:
		return fmt.Errorf("nothing changed, and yet it plans: %s", p.Actions[0])
	case len(p.Events) > 0:
		return fmt.Errorf("nothing changed, and yet it tells: %s", p.Events[0].Message)
	case !equal(p.Status, seen.Rollout.Status):
		return errors.New("nothing changed, and yet it writes the status")
	case !p.Wake.Equal(w.wake):
		return fmt.Errorf("it would wake at %s, and is to wake at %s", p.Wake, w.wake)
	}
	return nil
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
func (l *Laws) condemn(w *World) {
	if l.bad != nil || !w.condemned() {
		return
	}
	l.bad = &condemned{hash: w.Rollout().Status.CurrentPodHash, shares: map[string]int64{}}
	for _, flow := range w.Flows() {
		l.bad.shares[flow.Place] = flow.Shares[l.bad.hash]
	}
}

// theBadGetsNoMore: after an analysis failed, the share of its template never rises, unless somebody asks for all of it.
func (l *Laws) theBadGetsNoMore(w *World) error {
	ro := w.Rollout()
	if l.bad == nil || ro == nil || ro.Status.PromoteFull || ro.Status.StableRS == l.bad.hash {
		return nil
	}
	for _, flow := range w.Flows() {
		if had := l.bad.shares[flow.Place]; flow.Shares[l.bad.hash] > had {
			return fmt.Errorf("an analysis failed at %d, and %s now sends %d", had, flow.Place, flow.Shares[l.bad.hash])
		}
	}
	return nil
}

// theBadIsTakenBack: once at rest, a failed analysis has had its consequence.
func (l *Laws) theBadIsTakenBack(w *World) error {
	ro, bad := w.Rollout(), l.bad
	l.bad = nil
	if bad == nil || ro == nil || ro.Status.CurrentPodHash != bad.hash || ro.Status.Abort || ro.Status.PromoteFull || ro.Status.StableRS == bad.hash {
		return nil
	}
	return errors.New("an analysis failed, and nothing came of it")
}
