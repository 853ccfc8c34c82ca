package act

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// createRun starts an AnalysisRun. One that is there already and ours is the answer to an earlier attempt whose reply was lost; one that
// is somebody else's will be seen by the next turn, which takes another name.
func (h *Hand) createRun(ctx context.Context, ro *v1alpha1.Rollout, a plan.CreateRun) error {
	run := a.Run.DeepCopy()
	err := h.Client.Create(ctx, run)
	if apierrors.IsAlreadyExists(err) {
		err = h.recogniseRun(ctx, ro, run)
	}
	if err != nil {
		return fmt.Errorf("creating AnalysisRun %q: %w", a.Run.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), run)
	return nil
}

// recogniseRun fills run with the one of that name if it is ours.
func (h *Hand) recogniseRun(ctx context.Context, ro *v1alpha1.Rollout, run *v1alpha1.AnalysisRun) error {
	found := &v1alpha1.AnalysisRun{}
	if err := h.Live.Get(ctx, client.ObjectKeyFromObject(run), found); err != nil {
		return err
	}
	if !metav1.IsControlledBy(found, ro) {
		return errors.New("somebody else's has that name")
	}
	found.DeepCopyInto(run)
	return nil
}

// stopRun asks a run to end. One that is gone already is what was wanted.
func (h *Hand) stopRun(ctx context.Context, ro *v1alpha1.Rollout, a plan.StopRun) error {
	run := analysisRun(ro, a.Name)
	err := h.merge(ctx, run, map[string]any{"spec": map[string]any{"terminate": true}})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stopping AnalysisRun %q: %w", a.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(ro), run)
	return nil
}

func (h *Hand) deleteRun(ctx context.Context, ro *v1alpha1.Rollout, a plan.DeleteRun) error {
	err := h.Client.Delete(ctx, analysisRun(ro, a.Name), client.PropagationPolicy(metav1.DeletePropagationBackground))
	if err := client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("deleting AnalysisRun %q: %w", a.Name, err)
	}
	return nil
}

func analysisRun(ro *v1alpha1.Rollout, name string) *v1alpha1.AnalysisRun {
	return &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Namespace: ro.Namespace, Name: name}}
}
