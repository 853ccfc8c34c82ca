package rollout

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// hurried skips the steps that are left when somebody asked for a full promotion.
func hurried(t *turn) outcome {
	if t.status.PromoteFull {
		t.clearPauses()
		t.status.Abort, t.status.AbortedAt = false, nil
		t.moveTo(t.stepCount())
	}
	return goOn
}

// promoted makes the new revision the stable one when it has earned it.
//
// It comes before Services, routes and pods are looked at, so that they follow in the same turn, and in the order that moves.list
// argues: the stable Service turns to the new pods, requests go back to the stable Service, the former pods get their deadline. No
// last write of weight 100 is needed before: once the stable Service has turned, both sides of the route lead to new pods.
//
// Where EndpointSlices say who is behind a Service, the Service turns first and the promotion waits for them. Else requests would go back
// to a Service that leads to pods which are about to go, or to none.
func promoted(t *turn) outcome {
	reason := t.promotionReason()
	if reason == "" {
		return goOn
	}
	if t.turning = t.mustTurn(); t.turning {
		return goOn
	}
	t.clearPauses()
	t.status.Abort, t.status.AbortedAt, t.status.PromoteFull = false, nil, false
	t.moveTo(t.stepCount())
	t.becomeStable(reason)
	return goOn
}

// becomeStable makes the new revision the stable one, and the former stable one an old one.
func (t *turn) becomeStable(reason string) {
	if t.status.StableRS == t.hash {
		return
	}
	t.status.StableRS = t.hash
	if t.canary.PingPong != nil {
		t.status.Canary.StablePingPong = t.otherOfThePair()
	}
	t.done = append(t.done, completedRollout(t.number(), t.hash, reason))
	if former := t.revisions.Stable; former != nil {
		t.revisions.Old = append(t.revisions.Old, former)
	}
	t.revisions.Stable = t.revisions.New
}

// mustTurn tells whether a promotion has to wait for the Service that will be the stable one.
func (t *turn) mustTurn() bool {
	return t.revisions.Stable != nil && !t.fullyPromoted() && !t.leads(t.nextStableService(), t.revisions.New)
}

// nextStableService stands for the new revision once that is the stable one.
func (t *turn) nextStableService() string {
	canary, stable := t.services()
	if t.canary.PingPong != nil {
		return canary
	}
	return stable
}

// otherOfThePair is the Service of a pair that takes its turn as the stable one.
func (t *turn) otherOfThePair() v1alpha1.PingPongType {
	if t.status.Canary.StablePingPong == v1alpha1.PPPing {
		return v1alpha1.PPPong
	}
	return v1alpha1.PPPing
}

// promotionReason says why the new revision may become the stable one; empty when it may not yet.
func (t *turn) promotionReason() string {
	fresh := t.revisions.New
	switch {
	case t.revisions.Stable == nil:
		return "Initial deploy"
	case t.status.Abort, fresh == nil, !t.enough(revision.Available(fresh), t.replicas()):
		return ""
	case t.status.PromoteFull:
		return "Full promotion requested"
	case t.fullyPromoted():
		return "Fast rollback"
	case t.withinRollbackWindow():
		return "Rollback within window"
	case t.step() == nil:
		return fmt.Sprintf("Completed all %d canary steps", t.stepCount())
	default:
		return ""
	}
}
