package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/rollout"
)

// Rollouts takes Rollouts one turn further, whenever something about them changed or a moment has come that they waited for.
type Rollouts struct {
	Eye     *observe.Eye
	Hand    *act.Hand
	Watches *watches
	Now     func() time.Time
}

// Reconcile is one turn: read the world once, decide, carry it out, sleep until the time that the decision named.
func (r *Rollouts) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	world, err := r.Eye.Rollout(ctx, request.NamespacedName)
	switch {
	case apierrors.IsNotFound(err):
		r.Eye.Freshness.Forget(request.NamespacedName)
		return ctrl.Result{}, nil
	case errors.Is(err, observe.ErrBehind):
		return ctrl.Result{RequeueAfter: behindRetry}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("observing: %w", err)
	}
	missing, err := r.Watches.cover(world.Rollout)
	if err != nil {
		return ctrl.Result{}, err
	}
	now := r.Now()
	decision := rollout.Decide(world, now)
	if missing {
		decision.Wake = plan.Sooner(decision.Wake, now.Add(kindRetry))
	}
	err = r.Hand.Carry(ctx, world.Rollout, decision)
	report(ctx, decision, err, standing(decision.Status)...)
	return r.fate(ctx, world.Rollout, fate{err: err, wake: decision.Wake, now: now})
}

// standing is what the log tells of a Rollout's status.
func standing(s v1alpha1.RolloutStatus) []any {
	fields := []any{"phase", s.Phase, "step", s.StepText}
	if s.Canary.Weights != nil {
		fields = append(fields, "weight", s.Canary.Weights.Canary.Weight)
	}
	return fields
}
