package act

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// Hand carries out the Plans of one controller: Carry those of Rollouts, CarryExperiment those of Experiments.
type Hand struct {
	// Client writes to the API server and reads from the caches.
	Client client.Client
	// Live reads from the API server itself. It is asked only when a name is taken that should have been free.
	Live client.Reader
	// Renderers of all meshes that this controller knows, and Find, which reads their objects.
	Renderers []traffic.Renderer
	Find      func(ctx context.Context, refs []traffic.Ref) ([]*unstructured.Unstructured, error)
	// Tell hands an event on. It must not block: events never delay a weight.
	Tell func(about runtime.Object, event plan.Event)
	// Wrote is called with every object as the API server answered it, so that readers know how fresh their caches must be.
	Wrote func(owner client.ObjectKey, written client.Object)
	// GenerationsAsText writes the status's generations as strings, for a CRD whose schema asks for them.
	GenerationsAsText bool

	locks keyedLocks
}

// Carry carries out a Plan for a Rollout as it was read: its actions in order, its status if that differs, its events once the
// status stands. The first failure ends the turn, and what was done before it stays done.
func (h *Hand) Carry(ctx context.Context, ro *v1alpha1.Rollout, p plan.Plan[v1alpha1.RolloutStatus]) error {
	ro = ro.DeepCopy()
	for _, action := range p.Actions {
		if err := h.do(ctx, ro, action); err != nil {
			return err
		}
	}
	if err := h.writeStatus(ctx, ro, p.Status); err != nil {
		return err
	}
	for _, event := range p.Events {
		h.Tell(ro, event)
	}
	return nil
}

func (h *Hand) do(ctx context.Context, ro *v1alpha1.Rollout, action plan.Action) error {
	switch a := action.(type) {
	case plan.UpdateRollout:
		return h.updateRollout(ctx, ro, a)
	case plan.AdoptReplicaSet:
		return h.adopt(ctx, ro, a)
	case plan.ReleaseReplicaSet:
		return h.release(ctx, ro, a)
	case plan.CreateReplicaSet:
		return h.createReplicaSet(ctx, ro, a)
	case plan.UpdateReplicaSet:
		return h.updateReplicaSet(ctx, ro, a)
	case plan.DeleteReplicaSet:
		return h.deleteReplicaSet(ctx, ro, a)
	case plan.PointService:
		return h.pointService(ctx, ro, a)
	case plan.RouteTraffic:
		return h.routeTraffic(ctx, ro, a)
	case plan.CreateRun:
		return h.begin(ctx, ro, errand{"AnalysisRun", a.Run.DeepCopy()}, &v1alpha1.AnalysisRun{})
	case plan.StopRun:
		return h.stop(ctx, ro, runOf(ro, a.Name))
	case plan.DeleteRun:
		return h.forget(ctx, runOf(ro, a.Name))
	case plan.CreateExperiment:
		return h.begin(ctx, ro, errand{"Experiment", a.Experiment.DeepCopy()}, &v1alpha1.Experiment{})
	case plan.StopExperiment:
		return h.stop(ctx, ro, experimentOf(ro, a.Name))
	case plan.DeleteExperiment:
		return h.forget(ctx, experimentOf(ro, a.Name))
	case plan.ScaleWorkload:
		return h.scaleWorkload(ctx, ro, a)
	case plan.DressReplicaSet:
		return h.dressReplicaSet(ctx, ro, a)
	case plan.DressPod:
		return h.dressPod(ctx, ro, a)
	case plan.EvictPod:
		return h.evictPod(ctx, ro, a)
	default:
		return fmt.Errorf("carrying out %T: no hand knows how", action)
	}
}

// writeStatus replaces the status, provided that nobody wrote the Rollout since it was read: an abort or a promotion that came in
// between must not be lost.
func (h *Hand) writeStatus(ctx context.Context, ro *v1alpha1.Rollout, status v1alpha1.RolloutStatus) error {
	if equality.Semantic.DeepEqual(ro.Status, status) {
		return nil
	}
	ro.Status = status
	if err := h.updateStatus(ctx, ro); err != nil {
		return fmt.Errorf("writing the status of Rollout %q: %w", ro.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), ro)
	return nil
}
