package act

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// errand is an AnalysisRun or an Experiment: an object of ours that works by itself once it is created, and ends early when it is told to.
// Its content never changes.
type errand struct {
	kind   string
	object client.Object
}

func runOf(owner client.Object, name string) errand {
	return errand{"AnalysisRun", &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Namespace: owner.GetNamespace(), Name: name}}}
}

func experimentOf(ro *v1alpha1.Rollout, name string) errand {
	return errand{"Experiment", &v1alpha1.Experiment{ObjectMeta: metav1.ObjectMeta{Namespace: ro.Namespace, Name: name}}}
}

// begin creates an errand. One that is there already and ours is the answer to an earlier attempt whose reply was lost; one that is
// somebody else's will be seen by the next turn, which takes another name. found is an empty object of its kind.
func (h *Hand) begin(ctx context.Context, owner client.Object, e errand, found client.Object) error {
	err := h.Client.Create(ctx, e.object)
	if apierrors.IsAlreadyExists(err) {
		err = h.Live.Get(ctx, client.ObjectKeyFromObject(e.object), found)
		if err == nil && !metav1.IsControlledBy(found, owner) {
			err = errors.New("somebody else's has that name")
		}
		e.object = found
	}
	if err != nil {
		return fmt.Errorf("creating %s %q: %w", e.kind, e.object.GetName(), err)
	}
	h.Wrote(client.ObjectKeyFromObject(owner), e.object)
	return nil
}

// stop asks an errand to end. One that is gone already is what was wanted.
func (h *Hand) stop(ctx context.Context, owner client.Object, e errand) error {
	err := h.merge(ctx, e.object, map[string]any{"spec": map[string]any{"terminate": true}})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stopping %s %q: %w", e.kind, e.object.GetName(), err)
	}
	h.Wrote(client.ObjectKeyFromObject(owner), e.object)
	return nil
}

// forget deletes an errand with all that it made.
func (h *Hand) forget(ctx context.Context, e errand) error {
	err := h.Client.Delete(ctx, e.object, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if err := client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("deleting %s %q: %w", e.kind, e.object.GetName(), err)
	}
	return nil
}
