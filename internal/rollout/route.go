package rollout

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

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
	want, wrote := t.routing(t.weight()), false
	for _, route := range t.Routes {
		changes, err := route.Differences(t.ro, want)
		if err != nil {
			return goOn // invalid says so
		}
		for _, change := range changes {
			t.rerouted = append(t.rerouted, updatedRoute(change, want.Canary.Weight))
		}
		wrote = wrote || len(changes) > 0
	}
	if wrote {
		t.moves.route = append(t.moves.route, plan.RouteTraffic{Routing: want})
		t.events = append(t.events, t.rerouted...)
	}
	t.noteWeights(want)
	t.confirm(wrote)
	return goOn
}

// weight is the share of requests that the new revision gets after this turn. It rises only when the Service that gets it leads to the
// pods that are to answer.
func (t *turn) weight() int32 {
	want, have := t.bearableWeight(), t.carried()
	if weights := t.status.Canary.Weights; weights != nil && weights.Canary.PodTemplateHash != t.hash {
		have = 0 // what another revision carries is nothing to hold on to
	}
	if canary, _ := t.services(); want > have && !t.allNew() && !t.rollingBack() && !t.leads(canary, t.revisions.New) {
		return have
	}
	return want
}

// bearableWeight is the share that the ready pods of both sides can take.
func (t *turn) bearableWeight() int32 {
	switch {
	case t.rollingBack():
		return t.backTo(0)
	case t.turning:
		return t.carried() // soon both sides lead to the new pods
	case t.allNew():
		return t.backTo(0) // everything goes through the stable Service, once that leads to the new pods
	case !t.staysReachable():
		return 0 // requests to nobody are lost
	case t.status.Abort:
		return t.backTo(0)
	case t.budgeted():
		return t.affordableWeight()
	case t.status.PromoteFull:
		return t.carried()
	case t.stepCount() == 0:
		return 0
	case t.atDesiredCounts():
		return t.backTo(t.stepWeight())
	default:
		return t.backTo(t.bearable(t.heldWeight()))
	}
}

// staysReachable tells whether somebody answers for the new revision, now and in the next moment.
func (t *turn) staysReachable() bool {
	canary, _ := t.services()
	return t.reached(canary, t.revisions.New) > 0 && !t.givesWay()
}

// bearable lowers a share to what the ready pods of the new revision can take, overloaded for a while. Where a step says how many pods
// there are to be, the user has answered that question.
func (t *turn) bearable(weight int32) int32 {
	if t.canaryScale() != nil || t.replicas() == 0 {
		return weight
	}
	return min(weight, overload*revision.Available(t.revisions.New)*t.total()/t.replicas())
}

// heldWeight is the share before the present step, while its pods are not there yet.
func (t *turn) heldWeight() int32 { return t.lastWeight(t.index()) }

// backTo lowers the share of the canary side no faster than stable pods can take over, which may be overloaded for a while. A share that
// rises needs no such care, nor one that is there already because a turn came so far that could not note it.
func (t *turn) backTo(target int32) int32 {
	have := t.carried()
	if target >= have || t.replicas() == 0 || t.routedAt(target) {
		return target
	}
	_, stable := t.services()
	carry := overload * t.reached(stable, t.revisions.Stable) * t.total() / t.replicas()
	return min(have, max(target, t.total()-carry))
}

// routedAt tells whether requests go where a share of the new revision wants them.
func (t *turn) routedAt(weight int32) bool {
	want := t.routing(weight)
	return len(t.Routes) > 0 && !slices.ContainsFunc(t.Routes, func(route traffic.Live) bool {
		changes, err := route.Differences(t.ro, want)
		return err != nil || len(changes) > 0
	})
}

// routing is the complete answer to who gets which requests, for a share of the new revision.
func (t *turn) routing(weight int32) traffic.Routing {
	canary, stable := t.services()
	r := traffic.Routing{
		Total:   t.total(),
		Canary:  traffic.Destination{Weight: weight, Hash: t.canaryHash(), Service: canary},
		Stable:  traffic.Destination{Weight: t.total() - weight, Hash: t.stableHash(), Service: stable},
		Managed: t.managedRoutes(),
		Former:  t.formerShares(),
	}
	if t.allNew() || t.status.Abort || t.status.PromoteFull {
		return r
	}
	for _, share := range t.experimentShares() {
		if share.Weight <= r.Stable.Weight { // what is left after the canary
			r.Additional = append(r.Additional, share)
			r.Stable.Weight -= share.Weight
		}
	}
	if !t.staysReachable() {
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

// formerShares are the Services that may have got shares of earlier Experiments. The status knows of those that were written, the Experiments
// themselves of one that was written by a turn which did not live to say so.
func (t *turn) formerShares() []string {
	services := map[string]bool{}
	if weights := t.ro.Status.Canary.Weights; weights != nil {
		for _, share := range weights.Additional {
			services[share.ServiceName] = true
		}
	}
	for _, ex := range t.ownExperiments() {
		for _, group := range ex.Status.TemplateStatuses {
			services[group.ServiceName] = true
		}
	}
	canary, stable := t.services()
	for _, name := range []string{"", canary, stable} {
		delete(services, name)
	}
	return slices.Sorted(maps.Keys(services))
}

// rollingBack tells whether requests still go to a revision that is neither new nor stable: the template was changed, or set back, in
// the middle of its canary. They go back to stable pods before anything else.
func (t *turn) rollingBack() bool { return t.former() != nil }

// former is the revision that such requests still go to; nil when there is none, or when nobody there can answer.
func (t *turn) former() *appsv1.ReplicaSet {
	weights := t.status.Canary.Weights
	if weights == nil || weights.Canary.Weight == 0 || weights.Canary.PodTemplateHash == t.hash {
		return nil
	}
	rs := t.revisions.ByHash(weights.Canary.PodTemplateHash)
	if rs == nil || rs == t.revisions.Stable || revision.Available(rs) == 0 {
		return nil
	}
	return rs
}

// unanswered tells whether the canary side of the routes leads to a revision of which no pod is ready.
func (t *turn) unanswered() bool {
	weights := t.status.Canary.Weights
	return weights != nil && weights.Canary.Weight > 0 && revision.Available(t.revisions.ByHash(weights.Canary.PodTemplateHash)) == 0
}

// canaryHash is what the canary side of a route selects. It turns to a revision that can answer, and leaves one only after its
// weight has gone.
func (t *turn) canaryHash() string {
	canary, _ := t.services()
	switch {
	case t.rollingBack():
		return t.status.Canary.Weights.Canary.PodTemplateHash
	case t.allNew():
		return t.stableHash()
	case t.reached(canary, t.revisions.New) > 0 || t.status.Canary.Weights == nil:
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
	for _, share := range want.Additional {
		now.Additional = append(now.Additional, noted(share))
	}
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
	if t.canary.TrafficRouting == nil || t.replicas() == 0 {
		return true
	}
	weights := t.status.Canary.Weights
	return weights != nil && weights.Canary.Weight == t.stepWeight() && !unconfirmed(weights)
}
