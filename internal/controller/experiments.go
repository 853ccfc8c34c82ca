package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/experiment"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// Experiments takes Experiments one turn further, whenever something about them changed or a moment has come that they waited for.
type Experiments struct {
	Eye  *observe.Eye
	Hand *act.Hand
	Now  func() time.Time
}

// Reconcile is one turn.
func (e *Experiments) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	world, err := e.Eye.Experiment(ctx, request.NamespacedName)
	switch {
	case apierrors.IsNotFound(err):
		e.Eye.Freshness.Forget(request.NamespacedName)
		return ctrl.Result{}, nil
	case errors.Is(err, observe.ErrBehind):
		return ctrl.Result{RequeueAfter: behindRetry}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("observing: %w", err)
	}
	now := e.Now()
	decision := experiment.Decide(world, now)
	err = e.Hand.CarryExperiment(ctx, world.Experiment, decision)
	report(ctx, decision, err, "phase", decision.Status.Phase)
	if errors.Is(err, act.ErrCollision) { // another name next time
		return ctrl.Result{RequeueAfter: againRetry}, nil
	}
	return fate{err: err, wake: decision.Wake, now: now}.result()
}

// newExperiments puts the turns of Experiments into a manager.
func newExperiments(mgr manager.Manager, o Options, voice *voice) error {
	freshness := &observe.Freshness{Scheme: mgr.GetScheme(), Now: time.Now}
	experiments := &Experiments{
		Eye:  &observe.Eye{Reader: mgr.GetClient(), Live: mgr.GetAPIReader(), Freshness: freshness},
		Hand: &act.Hand{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Tell: voice.tell, Wrote: freshness.Wrote},
		Now:  time.Now,
	}
	owners := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.Experiment{}, handler.OnlyControllerOwner())
	controllers := builder.ControllerManagedBy(mgr).Named("experiment").
		Watches(&v1alpha1.Experiment{}, &handler.EnqueueRequestForObject{}).
		Watches(&appsv1.ReplicaSet{}, overtaking{owners}).
		Watches(&v1alpha1.AnalysisRun{}, overtaking{owners}).
		Watches(&corev1.Service{}, owners).
		Watches(&corev1.Service{}, turnsOf(mgr.GetClient(), observe.ExperimentsOf)).
		Watches(&v1alpha1.AnalysisTemplate{}, turnsOf(mgr.GetClient(), usersOfTemplate("AnalysisTemplate")))
	if o.Namespace == "" {
		controllers = controllers.Watches(&v1alpha1.ClusterAnalysisTemplate{}, turnsOf(mgr.GetClient(), usersOfTemplate("ClusterAnalysisTemplate")))
	}
	if err := controllers.WithOptions(controller.Options{MaxConcurrentReconciles: o.ExperimentWorkers}).Complete(experiments); err != nil {
		return fmt.Errorf("building the controller of Experiments: %w", err)
	}
	return nil
}

// search finds the Experiments to which an object matters.
type search func(ctx context.Context, reader client.Reader, object client.Object) ([]types.NamespacedName, error)

func usersOfTemplate(kind string) search {
	return func(ctx context.Context, reader client.Reader, template client.Object) ([]types.NamespacedName, error) {
		return observe.ExperimentsUsing(ctx, reader, observe.Used(kind, template.GetNamespace(), traffic.Any))
	}
}

// turnsOf gives a turn to all that a search finds.
func turnsOf(reader client.Reader, find search) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
		found, err := find(ctx, reader, object)
		if err != nil {
			return nil // caches answer from memory; they fail only when the process is about to end
		}
		requests := make([]reconcile.Request, len(found))
		for i, key := range found {
			requests[i].NamespacedName = key
		}
		return requests
	})
}
