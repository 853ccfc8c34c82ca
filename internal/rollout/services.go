package rollout

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// pointed makes each Service select the revision that it stands for.
func pointed(t *turn) outcome {
	canary, stable := t.services()
	if rs := t.stableReceiver(); t.serves(stable, rs) {
		t.moves.point = append(t.moves.point, t.point(stable, rs))
	}
	switch {
	case t.rollingBack():
		// Requests still go to the pods behind it, until stable pods can take them.
	case t.status.Abort, t.overtaken():
		// The canary Service goes back to stable pods, so that whoever still calls it by name gets an answer. It waits until no
		// route sends requests through it, and after an abort it does not turn forth again before a retry.
		if t.weight() == 0 && t.serves(canary, t.revisions.Stable) {
			t.moves.detach = append(t.moves.detach, t.point(canary, t.revisions.Stable))
		}
	case !t.serves(canary, t.revisions.New):
	case t.canary.PingPong != nil && t.fullyPromoted():
		// A moment ago this one was the stable Service: requests leave it before it turns away from the former pods.
		t.moves.detach = append(t.moves.detach, t.point(canary, t.revisions.New))
	default:
		t.moves.point = append(t.moves.point, t.point(canary, t.revisions.New))
	}
	return goOn
}

// services are the names of the two Services by their role after this turn.
func (t *turn) services() (canary, stable string) {
	ro := *t.ro
	ro.Status = t.status
	return v1alpha1.CanaryServices(&ro)
}

// stableReceiver is who answers for the stable Service: the stable revision, or the new one where that Service turns for a promotion. Of a
// pair the other one takes over, and this one keeps its revision as long as it has requests. Without routes a last weight of 100 takes all
// its pods, and the new revision answers before the Service would lead to nobody. An old one that answers in the meantime, because a newer
// template came, goes on until the newest has as many pods.
func (t *turn) stableReceiver() *appsv1.ReplicaSet {
	_, service := t.services()
	if t.turning && service == t.nextStableService() {
		return t.revisions.New
	}
	last := t.canary.TrafficRouting == nil && t.sizes.Stable == 0 && t.replicas() > 0
	if !last || t.allNew() || t.status.Abort || t.halted() {
		return t.revisions.Stable
	}
	former, fresh := t.revisions.ByHash(t.selects(service)), t.revisions.New
	switch {
	case former != fresh && former != t.revisions.Stable && revision.Available(former) > revision.Available(fresh):
		return former
	case revision.Available(fresh) > 0:
		return fresh
	default:
		return t.revisions.Stable
	}
}

// overtaken tells whether the canary Service selects a revision that a newer template took the place of before it was stable. Its pods
// can go, and make room, only when nothing selects them any more.
func (t *turn) overtaken() bool {
	canary, _ := t.services()
	rs := t.revisions.ByHash(t.selects(canary))
	return rs != nil && rs != t.revisions.New && rs != t.revisions.Stable && revision.Available(t.revisions.New) == 0
}

// serves tells whether a Service is to turn to a revision now: it selects something else, and the revision can answer. A Service that was
// never ours selects all pods, so it turns only to a revision that is complete.
func (t *turn) serves(service string, rs *appsv1.ReplicaSet) bool {
	if !t.has(service) || rs == nil || t.selects(service) == revision.HashOf(rs) {
		return false
	}
	if t.Services[service].Annotations[v1alpha1.ManagedByRolloutsKey] == "" {
		return revision.Replicas(rs) > 0 && revision.Available(rs) >= revision.Replicas(rs)
	}
	return revision.Available(rs) > 0 || t.replicas() == 0 // where nobody is to answer, nobody is lost
}

func (t *turn) has(service string) bool { return t.Services[service] != nil }

// selects is the hash that a Service selects as it was read; empty when it selects every revision.
func (t *turn) selects(service string) string {
	if !t.has(service) {
		return ""
	}
	return t.Services[service].Spec.Selector[v1alpha1.DefaultRolloutUniqueLabelKey]
}

func (t *turn) point(service string, rs *appsv1.ReplicaSet) plan.Action {
	return t.pointAt(service, revision.HashOf(rs))
}

func (t *turn) pointAt(service, hash string) plan.Action {
	t.tell(switchedService(service, t.selects(service), hash))
	return plan.PointService{Name: service, Hash: hash}
}

// answers tells whether any of our Services selects a revision after this turn.
func (t *turn) answers(hash string) bool {
	return slices.ContainsFunc(v1alpha1.ServiceNames(t.ro), func(name string) bool { return t.pointed(name) == hash })
}

// selected tells whether any of our Services selects a revision, as they were read.
func (t *turn) selected(hash string) bool {
	return slices.ContainsFunc(v1alpha1.ServiceNames(t.ro), func(name string) bool { return t.selects(name) == hash })
}
