package controller

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/asking"
	"github.com/kanari-dev/kanari/internal/expression"
	"github.com/kanari-dev/kanari/internal/observe"
)

const (
	longestQuestion = 10 * time.Minute // backends have times of their own, which are shorter unless a metric says otherwise
	errandTime      = 30 * time.Second // for a backend to stop what it has under way
	keptExpressions = 1000
)

// Analyses takes AnalysisRuns one turn further, whenever they changed, an answer came, or a moment has come that they waited for.
type Analyses struct {
	Eye  *observe.RunEye
	Hand *act.Analyst
	Desk *asking.Desk
	Now  func() time.Time
}

// Reconcile is one turn. Answers stay on the desk until the status that they led to stands.
func (a *Analyses) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	run := request.NamespacedName
	world, err := a.Eye.Run(ctx, run)
	switch {
	case apierrors.IsNotFound(err):
		a.Eye.Freshness.Forget(run)
		a.Desk.Forget(run)
		return ctrl.Result{}, nil
	case errors.Is(err, observe.ErrBehind):
		return ctrl.Result{RequeueAfter: behindRetry}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("observing: %w", err)
	}
	now := a.Now()
	decision := analysis.Decide(world, now)
	err = a.Hand.Carry(ctx, world.Run, decision)
	if err == nil {
		a.Desk.Settle(run)
	}
	report(ctx, decision, err, "phase", decision.Status.Phase)
	return fate{err: err, wake: decision.Wake, now: now}.result()
}

// newAnalyses puts the turns of AnalysisRuns into a manager.
func newAnalyses(mgr manager.Manager, o Options, voice *voice) error {
	vault := observe.Vault{Live: mgr.GetAPIReader()}
	providers, err := backends(mgr, o, vault)
	if err != nil {
		return err
	}
	bell := &bell{}
	desk := &asking.Desk{Backends: providers, Ring: bell.ring, Now: time.Now, Longest: longestQuestion, Errand: errandTime}
	freshness := &observe.Freshness{Scheme: mgr.GetScheme(), Now: time.Now}
	analyses := &Analyses{
		Eye: &observe.RunEye{
			Reader: mgr.GetClient(), Secrets: vault, Questions: desk, Freshness: freshness, Expressions: expression.NewCache(keptExpressions),
		},
		Hand: &act.Analyst{Client: mgr.GetClient(), Desk: desk, Tell: voice.tell, Wrote: freshness.Wrote},
		Desk: desk,
		Now:  time.Now,
	}
	err = builder.ControllerManagedBy(mgr).Named("analysisrun").
		For(&v1alpha1.AnalysisRun{}).
		WatchesRawSource(source.Func(bell.hang)).
		WithOptions(controller.Options{MaxConcurrentReconciles: o.AnalysisWorkers}). // turns without a deadline: questions outlive them
		Complete(analyses)
	if err != nil {
		return fmt.Errorf("building the controller of AnalysisRuns: %w", err)
	}
	return nil
}

// bell wakes runs, and Rollouts, from outside of the API server. It is hung before the first turn, and rings after it.
type bell struct{ queue atomic.Pointer[queue] }

type queue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
}

func (b *bell) hang(_ context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	b.queue.Store(&queue{q})
	return nil
}

func (b *bell) ring(run types.NamespacedName) {
	b.queue.Load().Add(reconcile.Request{NamespacedName: run})
}
