package rollout

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/internal/revision"
)

// Where the user set a limit, the pods of all revisions together never exceed it: one side shrinks before the other
// grows, and requests move along, as far as ready pods can take them. The price is paid in capacity, not in pods: a pod may get
// up to overload times the requests that it was made for until its replacement is ready.

// overload is how many times its nominal share of requests a pod may get for a while.
const overload = 2

// limited tells whether the user set a limit for the pods of all revisions together: with dynamicStableScale, and where maxSurge is written
// beside a router. Who writes neither grants every pod that a weight asks for.
func (t *turn) limited() bool {
	return t.canary.TrafficRouting != nil && (t.canary.DynamicStableScale || t.canary.MaxSurge != nil)
}

// budgeted tells whether that limit matters now: two revisions share the requests.
func (t *turn) budgeted() bool { return t.limited() && !t.allNew() }

// budget is the greatest number of pods that may exist at any instant. A single replica cannot serve two revisions, so it gets
// one pod more for as long as there are two.
func (t *turn) budget() int32 {
	extra := int32(0)
	if t.canary.MaxSurge != nil {
		extra = surge(t.ro)
	}
	if t.replicas() == 1 {
		extra = max(extra, 1)
	}
	return t.replicas() + extra
}

// goal is where the pods of both sides are headed for a weight, regardless of what is there.
func (t *turn) goal(weight int32) sizes {
	replicas := t.replicas()
	switch {
	case t.allNew():
		return sizes{New: replicas}
	case t.rollingBack():
		return sizes{Stable: replicas} // the newest template waits until the one before it has given back its requests
	case weight > 0 && revision.Available(t.revisions.New) == 0:
		// One pod has to work before stable gives up more than one. So pods that crash never cost more than that, and
		// stable grows back when they begin to.
		first := min(replicas, 1)
		return sizes{New: first, Stable: max(t.beside(first), first)}
	case !t.canary.DynamicStableScale:
		fresh := t.stepSize(weight)
		return sizes{New: fresh, Stable: t.beside(fresh)}
	case weight >= t.total():
		return sizes{New: replicas}
	case replicas <= 1:
		return sizes{New: min(replicas, t.stepSize(weight)), Stable: replicas}
	}
	fresh := t.stepSize(weight)
	if t.canaryScale() == nil {
		fresh = int32(math.Round(float64(weight) * float64(replicas) / float64(t.total())))
	}
	if weight > 0 {
		fresh = max(fresh, t.atLeastMinimum(1))
	}
	fresh = min(fresh, replicas-1)
	return sizes{New: fresh, Stable: t.beside(fresh)}
}

// beside is how many pods stable keeps beside those of the new revision. With dynamicStableScale they take its place one by one; else
// it gives up only what the surge does not cover.
func (t *turn) beside(fresh int32) int32 {
	if t.canary.DynamicStableScale {
		return max(t.replicas()-fresh, 0)
	}
	return max(min(t.replicas(), t.budget()-fresh), 0)
}

// budgetSizes are the next sizes on the way to the goal: first what may be given up now, then what fits beside the pods that exist,
// those that are still terminating among them.
func (t *turn) budgetSizes() sizes {
	goal := t.goal(t.budgetWeight())
	have := sizes{New: revision.Replicas(t.revisions.New), Stable: revision.Replicas(t.revisions.Stable)}
	carriedByNew, carriedByStable := t.carried(), t.total()-t.carried()
	switch {
	case t.allNew():
		have.Stable, carriedByNew, carriedByStable = 0, t.total(), 0
	case t.rollingBack():
		carriedByNew = 0
	}
	next := sizes{
		New:    min(have.New, max(goal.New, t.needed(carriedByNew))),
		Stable: min(have.Stable, max(goal.Stable, t.needed(carriedByStable))),
	}
	room := max(t.budget()-t.existing(), 0)
	if next.Stable == have.Stable {
		next.Stable += min(max(goal.Stable-have.Stable, 0), room)
		room -= next.Stable - have.Stable
	}
	if next.New == have.New {
		next.New += min(max(goal.New-have.New, 0), room)
	}
	return next
}

// needed is the least number of pods that can carry a weight.
func (t *turn) needed(weight int32) int32 {
	return share(weight, t.replicas(), overload*t.total())
}

// budgetWeight is the weight whose pods are wanted now.
func (t *turn) budgetWeight() int32 {
	if t.status.PromoteFull {
		return t.total()
	}
	return t.stepWeight()
}

// affordableWeight is how far the share of the new revision can go towards what is wanted: all the way once its pods are ready,
// before that as far as its ready pods carry it. To get the last share from stable, which gives up its last pod only then, they
// may be overloaded.
func (t *turn) affordableWeight() int32 {
	want, ready := t.budgetWeight(), revision.Available(t.revisions.New)
	if want <= t.carried() || t.replicas() == 0 || t.enough(ready, t.goal(want).New) {
		return t.backTo(want)
	}
	carries := ready * t.total() / t.replicas()
	if want >= t.total() {
		carries *= overload
	}
	return max(t.carried(), min(want, carries))
}

// carried is the share of requests that the canary side gets now.
func (t *turn) carried() int32 {
	if t.status.Canary.Weights == nil {
		return 0
	}
	return t.status.Canary.Weights.Canary.Weight
}

// existing counts the pods of all revisions that take a place: asked for, created, or still terminating.
func (t *turn) existing() int32 {
	sum := int32(0)
	for _, rs := range t.revisions.All() {
		sum += occupied(rs)
	}
	return sum
}

func occupied(rs *appsv1.ReplicaSet) int32 {
	return max(revision.Replicas(rs), revision.Created(rs)+revision.Terminating(rs))
}

// budgetSettled tells whether both sides have the sizes that the present step is headed for.
func (t *turn) budgetSettled() bool {
	goal := t.goal(t.budgetWeight())
	return revision.Replicas(t.revisions.New) == goal.New && revision.Replicas(t.revisions.Stable) == goal.Stable &&
		revision.Available(t.revisions.Stable) >= goal.Stable
}
