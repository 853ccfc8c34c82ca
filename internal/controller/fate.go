package controller

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
)

const (
	behindRetry = 500 * time.Millisecond // should the event get lost that brings a cache up to date
	againRetry  = 20 * time.Millisecond  // after somebody else was faster; half of it is jitter
	kindRetry   = 20 * time.Second       // until a kind that the API server does not know may have been installed
)

// fate is how a turn ended.
type fate struct {
	err  error
	wake time.Time
	now  time.Time
}

// fate says what becomes of a turn of a Rollout.
func (r *Rollouts) fate(ctx context.Context, ro *v1alpha1.Rollout, f fate) (ctrl.Result, error) {
	if errors.Is(f.err, act.ErrCollision) { // another hash next time
		return ctrl.Result{RequeueAfter: againRetry}, r.Hand.CountCollision(ctx, ro)
	}
	return f.result()
}

// result says what becomes of a turn. A user's mistake is none of the cases: it is a Plan, and its change wakes us.
func (f fate) result() (ctrl.Result, error) {
	switch {
	case f.err == nil && f.wake.IsZero():
		return ctrl.Result{}, nil
	case f.err == nil: // not yet, and no longer urgent if it was: its clock may wait behind somebody else's abort
		return ctrl.Result{RequeueAfter: max(f.wake.Sub(f.now), time.Millisecond), Priority: new(0)}, nil
	case apierrors.HasStatusCause(f.err, corev1.NamespaceTerminatingCause): // all of it goes anyway
		return ctrl.Result{}, nil
	case somebodyWasFaster(f.err): // look again
		return ctrl.Result{RequeueAfter: againRetry/2 + rand.N(againRetry/2)}, nil
	default: // back off
		return ctrl.Result{}, fmt.Errorf("acting: %w", f.err)
	}
}

// somebodyWasFaster tells whether a write was refused because what it was based on has changed: a resourceVersion, a test in a
// JSON patch (the API server calls that unprocessable), an object that went away.
func somebodyWasFaster(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err) || refusedTest(err)
}

// refusedTest tells a failed test of a JSON patch from an object that fails validation: only the latter names causes.
func refusedTest(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Code != 422 {
		return false
	}
	return status.Status().Details == nil || len(status.Status().Details.Causes) == 0
}
