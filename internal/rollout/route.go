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

// canaryHash is what the canary side of a route selects. It turns to a revision that can answer, and leaves one only after its
// weight has gone.
func (t *turn) canaryHash() string {
	if t.allNew() || revision.Available(t.revisions.New) > 0 {
		return t.hash
	}
	if weights := t.status.Canary.Weights; weights != nil && weights.Canary.PodTemplateHash != "" {
		return weights.Canary.PodTemplateHash
	}
	return t.stableHash()
}

func (t *turn) stableHash() string {
	if t.revisions.Stable == nil {
		return t.hash
	}
	return revision.HashOf(t.revisions.Stable)
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
