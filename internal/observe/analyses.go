package observe

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
)

// runs are those whose names begin as those of the owner's runs do.
func (e *Eye) runs(ctx context.Context, owner client.Object) ([]*v1alpha1.AnalysisRun, error) {
	list := &v1alpha1.AnalysisRunList{}
	if err := e.Reader.List(ctx, list, client.InNamespace(owner.GetNamespace()), client.MatchingFields{ByStem: owner.GetName()}); err != nil {
		return nil, err
	}
	found := make([]*v1alpha1.AnalysisRun, len(list.Items))
	for i := range list.Items {
		found[i] = &list.Items[i]
	}
	return found, nil
}

// experiments are those whose names begin as those of the Rollout's steps do.
func (e *Eye) experiments(ctx context.Context, ro *v1alpha1.Rollout) ([]*v1alpha1.Experiment, error) {
	list := &v1alpha1.ExperimentList{}
	if err := e.Reader.List(ctx, list, client.InNamespace(ro.Namespace), client.MatchingFields{ByStem: ro.Name}); err != nil {
		return nil, err
	}
	found := make([]*v1alpha1.Experiment, len(list.Items))
	for i := range list.Items {
		found[i] = &list.Items[i]
	}
	return found, nil
}

// templates are those that refs name, and those that they name in turn, as far as they exist.
func (e *Eye) templates(
	ctx context.Context, namespace string, refs []v1alpha1.AnalysisTemplateRef,
) (map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec, error) {
	found := map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec{}
	var failed error
	find := func(ref v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec {
		spec, err := e.template(ctx, namespace, ref)
		if err != nil {
			failed = fmt.Errorf("reading %s %q: %w", template.Kind(ref), ref.TemplateName, err)
		}
		if spec != nil {
			found[ref] = spec
		}
		return spec
	}
	for _, ref := range refs {
		_, _ = template.Flatten([]v1alpha1.AnalysisTemplateRef{ref}, find) // what is missing is said by whoever decides
	}
	return found, failed
}

func (e *Eye) template(ctx context.Context, namespace string, ref v1alpha1.AnalysisTemplateRef) (*v1alpha1.AnalysisTemplateSpec, error) {
	if ref.ClusterScope {
		found := &v1alpha1.ClusterAnalysisTemplate{}
		err := e.get(ctx, types.NamespacedName{Name: ref.TemplateName}, found)
		if apierrors.IsForbidden(err) {
			return nil, nil // whoever works in one namespace may have no rights beyond it: there are none for us then
		}
		return existing(&found.Spec, err)
	}
	found := &v1alpha1.AnalysisTemplate{}
	err := e.get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.TemplateName}, found)
	return existing(&found.Spec, err)
}

// existing tells an absence from a failed read.
func existing(spec *v1alpha1.AnalysisTemplateSpec, err error) (*v1alpha1.AnalysisTemplateSpec, error) {
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return spec, nil
}
