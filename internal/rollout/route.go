package rollout

import (
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// routed sends requests where the present step says, as far as pods can answer them.
func routed(t *turn) outcome {
	if t.canary.TrafficRouting == nil {
		t.status.Canary.Weights = nil
		return goOn
	}
	want := t.routing(t.weight())
	for _, route := range t.Routes {
		changes, err := route.Differences(t.ro, want)
		if err != nil {
			return goOn // invalid says so
		}
		for _, change := range changes {
			t.tell(updatedRoute(change, want.Canary.Weight))
		}
		if len(changes) > 0 && len(t.moves.route) == 0 {
			t.moves.route = append(t.moves.route, plan.RouteTraffic{Routing: want})
		}
	}
	t.noteWeights(want)
	return goOn
}

// weight is the share of requests that the new revision gets after this turn.
func (t *turn) weight() int32 {
	fresh := t.revisions.New
	switch {
	case t.rollingBack():
		return t.backTo(0)
	case t.allNew():
		return 0 // everything goes through the stable Service
	case revision.Available(fresh) == 0:
		return 0 // requests to nobody are lost
	case t.status.Abort:
		return t.backTo(0)
	case t.status.PromoteFull && !t.budgeted():
		return t.carried()
	case t.stepCount() == 0:
		return 0
	case t.mayMove():
		return t.backTo(t.stepWeight())
	default:
		return t.backTo(t.heldWeight())
	}
}

// mayMove tells whether the pods for the present step's weight are there.
func (t *turn) mayMove() bool {
	if t.budgeted() {
		return t.budgetReady()
	}
	return t.atDesiredCounts()
}

// heldWeight is the share before the present step, while its pods are not there yet.
func (t *turn) heldWeight() int32 { return t.lastWeight(t.index()) }

// backTo lowers the share of the new revision no faster than stable pods can take over: a ready pod gets at most twice the load it was
// made for. A share that rises needs no such care.
func (t *turn) backTo(target int32) int32 {
	have := t.carried()
	if target >= have || t.replicas() == 0 {
		return target
	}
	carry := 2 * revision.Available(t.revisions.Stable) * t.total() / t.replicas()
	return min(have, max(target, t.total()-carry))
}

// routing is the complete answer to who gets which requests, for a share of the new revision.
func (t *turn) routing(weight int32) traffic.Routing {
	r := traffic.Routing{
		Total:   t.total(),
		Canary:  traffic.Destination{Weight: weight, Hash: t.canaryHash(), Service: t.canary.CanaryService},
		Stable:  traffic.Destination{Weight: t.total() - weight, Hash: t.stableHash(), Service: t.canary.StableService},
		Managed: t.managedRoutes(),
	}
	if t.allNew() || t.status.Abort || t.status.PromoteFull || revision.Available(t.revisions.New) == 0 {
		return r
	}
	for _, step := range t.canary.Steps[:min(t.index()+1, t.stepCount())] {
		if header := step.SetHeaderRoute; header != nil {
			r.Headers = slices.DeleteFunc(r.Headers, func(h v1alpha1.SetHeaderRoute) bool { return h.Name == header.Name })
			r.Headers = append(r.Headers, *header)
		}
		if mirror := step.SetMirrorRoute; mirror != nil {
			r.Mirrors = slices.DeleteFunc(r.Mirrors, func(m v1alpha1.SetMirrorRoute) bool { return m.Name == mirror.Name })
			r.Mirrors = append(r.Mirrors, *mirror)
		}
	}
	r.Headers = slices.DeleteFunc(r.Headers, func(h v1alpha1.SetHeaderRoute) bool { return h.Match == nil })
	r.Mirrors = slices.DeleteFunc(r.Mirrors, func(m v1alpha1.SetMirrorRoute) bool { return m.Match == nil })
	return r
}

// rollingBack tells whether the template was set back to the stable one while another revision still gets requests.
func (t *turn) rollingBack() bool {
	weights := t.status.Canary.Weights
	return t.fullyPromoted() && weights != nil && weights.Canary.Weight > 0 && weights.Canary.PodTemplateHash != t.hash
}

// canaryHash is what the canary side of a route selects. It turns to a revision that can answer, and leaves one only after its
// weight has gone.
func (t *turn) canaryHash() string {
	switch {
	case t.rollingBack():
		return t.status.Canary.Weights.Canary.PodTemplateHash
	case t.allNew():
		return t.stableHash()
	case revision.Available(t.revisions.New) > 0 || t.status.Canary.Weights == nil:
		return t.hash
	default:
		return t.status.Canary.Weights.Canary.PodTemplateHash
	}
}

// stableHash is what the stable side of a route selects. At first that may be pods that are none of ours, so it turns to our own
// only when they are complete; until then it is empty, which changes nothing.
func (t *turn) stableHash() string {
	if t.revisions.Stable != nil && !t.allNew() {
		return revision.HashOf(t.revisions.Stable)
	}
	before := ""
	if weights := t.status.Canary.Weights; weights != nil {
		before = weights.Stable.PodTemplateHash
	}
	if before != "" || (t.revisions.New != nil && revision.Available(t.revisions.New) >= t.replicas()) {
		return t.hash
	}
	return before
}

// managedRoutes names every route that a step of ours may have added.
func (t *turn) managedRoutes() []string {
	var names []string
	for _, route := range t.canary.TrafficRouting.ManagedRoutes {
		names = append(names, route.Name)
	}
	return names
}

// noteWeights records what was sent where.
func (t *turn) noteWeights(want traffic.Routing) {
	now := &v1alpha1.TrafficWeights{Canary: noted(want.Canary), Stable: noted(want.Stable)}
	before := t.status.Canary.Weights
	if before == nil || before.Canary.Weight != now.Canary.Weight {
		t.tell(updatedWeight(before, now.Canary.Weight))
	}
	t.status.Canary.Weights = now
}

func noted(d traffic.Destination) v1alpha1.WeightDestination {
	return v1alpha1.WeightDestination{Weight: d.Weight, ServiceName: d.Service, PodTemplateHash: d.Hash}
}

// routedAsWanted tells whether requests go where the present step says, after this turn.
func (t *turn) routedAsWanted() bool {
	if t.canary.TrafficRouting == nil {
		return true
	}
	weights := t.status.Canary.Weights
	return weights != nil && weights.Canary.Weight == t.stepWeight()
}
