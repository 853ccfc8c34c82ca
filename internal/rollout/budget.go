package rollout

import (
	"math"

	"github.com/kanari-dev/kanari/internal/revision"
)

// With dynamicStableScale the pods of both sides together never exceed what the user asked for: one side shrinks before the other
// grows. The price is paid in capacity, not in pods: while the first canary pod starts, stable serves everything with the rest.

// budgeted tells whether the number of pods is held constant.
func (t *turn) budgeted() bool {
	return t.canary.TrafficRouting != nil && t.canary.DynamicStableScale && !t.allNew()
}

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
	case weight > 0 && revision.Available(t.revisions.New) == 0:
		// One pod has to work before stable gives up more than one. So pods that crash never cost more than that, and
		// stable grows back when they begin to.
		return sizes{New: min(replicas, 1), Stable: min(replicas, max(replicas-1, 1))}
	case weight >= t.total():
		return sizes{New: replicas}
	case replicas <= 1:
		return sizes{New: min(replicas, t.stepSize(weight)), Stable: replicas}
	}
	least := int32(0)
	if weight > 0 {
		least = t.atLeastMinimum(1)
	}
	fresh := int32(math.Round(float64(weight) * float64(replicas) / float64(t.total())))
	if t.canaryScale() != nil {
		fresh = t.stepSize(weight)
	}
	fresh = min(max(fresh, least), replicas-1)
	return sizes{New: fresh, Stable: replicas - fresh}
}

// budgetSizes are the next sizes on the way to the goal: first what may be given up now, then what fits beside the pods that exist,
// those that are still terminating among them.
func (t *turn) budgetSizes() sizes {
	goal := t.goal(t.budgetWeight())
	fresh, stable := revision.Replicas(t.revisions.New), revision.Replicas(t.revisions.Stable)
	next := sizes{
		New:    min(fresh, max(goal.New, atLeastOne(t.carried()))),
		Stable: min(stable, max(goal.Stable, atLeastOne(t.total()-t.carried()))),
	}

	room := t.budget() - t.existing()
	if grow := min(goal.Stable-next.Stable, room); next.Stable == stable && grow > 0 {
		next.Stable += grow
		room -= grow
	}
	if grow := min(goal.New-next.New, room); next.New == fresh && grow > 0 {
		next.New += grow
	}
	return next
}

// budgetWeight is the weight whose pods are wanted now.
func (t *turn) budgetWeight() int32 {
	if t.status.PromoteFull {
		return t.total()
	}
	return t.stepWeight()
}

// carried is the share of requests that the new revision gets now.
func (t *turn) carried() int32 {
	if t.status.Canary.Weights == nil {
		return 0
	}
	return t.status.Canary.Weights.Canary.Weight
}

// atLeastOne is the least number of pods that a side keeps: one while it gets requests.
func atLeastOne(weight int32) int32 {
	if weight > 0 {
		return 1
	}
	return 0
}

// existing counts the pods of all revisions that take a place: asked for, created, or still terminating.
func (t *turn) existing() int32 {
	sum := int32(0)
	for _, rs := range t.revisions.All() {
		sum += max(revision.Replicas(rs), revision.Created(rs)+revision.Terminating(rs))
	}
	return sum
}

// budgetSettled tells whether both sides have the sizes that the present step is headed for.
func (t *turn) budgetSettled() bool {
	goal := t.goal(t.budgetWeight())
	return revision.Replicas(t.revisions.New) == goal.New && revision.Replicas(t.revisions.Stable) == goal.Stable &&
		revision.Available(t.revisions.Stable) >= goal.Stable
}

// budgetReady tells whether the new revision can take the weight that the present step asks for, although it cannot have all its pods
// before stable has given up the last of its own.
func (t *turn) budgetReady() bool {
	goal := t.goal(t.budgetWeight())
	if t.budgetWeight() >= t.total() {
		goal.New = max(1, t.replicas()-1)
	}
	return t.enough(revision.Available(t.revisions.New), goal.New)
}
