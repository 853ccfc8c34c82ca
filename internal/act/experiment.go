package act

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// CarryExperiment does for an Experiment what Carry does for a Rollout.
func (h *Hand) CarryExperiment(ctx context.Context, ex *v1alpha1.Experiment, p plan.Plan[v1alpha1.ExperimentStatus]) error {
	for _, action := range p.Actions {
		if err := h.doForExperiment(ctx, ex, action); err != nil {
			return err
		}
	}
	ex, err := h.writeExperimentStatus(ctx, ex, p.Status)
	if err != nil {
		return err
	}
	for _, event := range p.Events {
		h.Tell(ex, event)
	}
	return nil
}

func (h *Hand) doForExperiment(ctx context.Context, ex *v1alpha1.Experiment, action plan.Action) error {
	switch a := action.(type) {
	case plan.CreateReplicaSet:
		err := h.createReplicaSet(ctx, ex, a)
		if errors.Is(err, ErrCollision) {
			return errors.Join(err, h.countGroupCollision(ctx, ex, a.ReplicaSet))
		}
		return err
	case plan.UpdateReplicaSet:
		return h.updateReplicaSet(ctx, ex, a)
	case plan.CreateService:
		return h.createService(ctx, ex, a)
	case plan.DeleteService:
		return h.deleteService(ctx, ex, a)
	case plan.CreateRun:
		return h.begin(ctx, ex, errand{"AnalysisRun", a.Run.DeepCopy()}, &v1alpha1.AnalysisRun{})
	case plan.StopRun:
		return h.stop(ctx, ex, runOf(ex, a.Name))
	default:
		return fmt.Errorf("carrying out %T for an Experiment: no hand knows how", action)
	}
}

// writeExperimentStatus writes the status if it differs.
func (h *Hand) writeExperimentStatus(ctx context.Context, ex *v1alpha1.Experiment, status v1alpha1.ExperimentStatus) (*v1alpha1.Experiment, error) {
	if equality.Semantic.DeepEqual(ex.Status, status) {
		return ex, nil
	}
	written := ex.DeepCopy()
	written.Status = status
	if err := patchStatus(ctx, h.Client, ex, written); err != nil {
		return nil, fmt.Errorf("writing the status of Experiment %q: %w", ex.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(written), written)
	return written, nil
}

// countGroupCollision notes that the name of a group's ReplicaSet is taken by one that no cache shows, for caches hold only those that bear
// a hash. The next turn computes another name.
func (h *Hand) countGroupCollision(ctx context.Context, ex *v1alpha1.Experiment, refused *appsv1.ReplicaSet) error {
	status, name := *ex.Status.DeepCopy(), refused.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey]
	at := slices.IndexFunc(status.TemplateStatuses, func(s v1alpha1.TemplateStatus) bool { return s.Name == name })
	if at < 0 {
		at = len(status.TemplateStatuses)
		status.TemplateStatuses = append(status.TemplateStatuses, v1alpha1.TemplateStatus{Name: name})
	}
	count := int32(1)
	if before := status.TemplateStatuses[at].CollisionCount; before != nil {
		count += *before
	}
	status.TemplateStatuses[at].CollisionCount = &count
	_, err := h.writeExperimentStatus(ctx, ex, status)
	return err
}
