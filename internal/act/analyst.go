package act

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
)

// Desk takes what is for backends. It waits for none of them.
type Desk interface {
	// Ask puts a question, or goes on with prior.
	Ask(ctx context.Context, q metric.Query, prior *metric.Measurement)
	// Stop gives up on an answer, and ends what prior has under way.
	Stop(ctx context.Context, q metric.Query, prior *metric.Measurement)
	// Trim throws away what a backend keeps beyond limit.
	Trim(ctx context.Context, q metric.Query, limit int)
}

// Analyst carries out the Plans of AnalysisRuns.
type Analyst struct {
	// Client writes to the API server.
	Client client.Client
	Desk   Desk
	// Tell hands an event on. It must not block.
	Tell func(about runtime.Object, event plan.Event)
	// Wrote is called with every run as the API server answered it.
	Wrote func(owner client.ObjectKey, written client.Object)
}

// Carry carries out a Plan for a run as it was read: its actions in order, its status if that differs, its events once the status
// stands. The first failure ends the turn.
func (h *Analyst) Carry(ctx context.Context, run *v1alpha1.AnalysisRun, p plan.Plan[v1alpha1.AnalysisRunStatus]) error {
	for _, action := range p.Actions {
		if err := h.do(ctx, run, action, p.Status); err != nil {
			return err
		}
	}
	run, err := h.writeStatus(ctx, run, p.Status)
	if err != nil {
		return err
	}
	for _, event := range p.Events {
		h.Tell(run, event)
	}
	return nil
}

func (h *Analyst) do(ctx context.Context, run *v1alpha1.AnalysisRun, action plan.Action, status v1alpha1.AnalysisRunStatus) error {
	switch a := action.(type) {
	case plan.Measure:
		h.Desk.Ask(ctx, a.Query, a.Prior)
	case plan.StopMeasuring:
		h.Desk.Stop(ctx, a.Query, a.Prior)
	case plan.TrimMeasurements:
		h.Desk.Trim(ctx, a.Query, kept(status, a.Query.Metric.Name))
	case plan.DeleteRun:
		return h.deleteRun(ctx, run)
	default:
		return fmt.Errorf("carrying out %T: no analyst knows how", action)
	}
	return nil
}

// kept is how many measurements of a metric stay.
func kept(status v1alpha1.AnalysisRunStatus, name string) int {
	for _, r := range status.MetricResults {
		if r.Name == name {
			return len(r.Measurements)
		}
	}
	return 0
}

// deleteRun deletes the run that was read, not one that took its name since. One that is gone already is what was wanted.
func (h *Analyst) deleteRun(ctx context.Context, run *v1alpha1.AnalysisRun) error {
	err := h.Client.Delete(ctx, run.DeepCopy(), client.Preconditions{UID: &run.UID}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if err := client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("deleting AnalysisRun %q: %w", run.Name, err)
	}
	return nil
}

func (h *Analyst) writeStatus(ctx context.Context, run *v1alpha1.AnalysisRun, status v1alpha1.AnalysisRunStatus) (*v1alpha1.AnalysisRun, error) {
	if equality.Semantic.DeepEqual(run.Status, status) {
		return run, nil
	}
	written := run.DeepCopy()
	written.Status = status
	if err := patchStatus(ctx, h.Client, run, written); err != nil {
		return nil, fmt.Errorf("writing the status of AnalysisRun %q: %w", run.Name, err)
	}
	h.Wrote(client.ObjectKeyFromObject(written), written)
	return written, nil
}

// patchStatus writes a status that is a plain field: it sends what the status differs in, provided that nobody wrote the object since it
// was read. The spec may hold more than we know, so nothing else is ever sent.
func patchStatus(ctx context.Context, to client.Client, read, written client.Object) error {
	return to.Patch(ctx, written, client.MergeFromWithOptions(read, client.MergeFromWithOptimisticLock{}))
}
