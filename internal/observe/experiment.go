package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/experiment"
)

// Experiment reads everything that a decision about one Experiment may know. The error is a NotFound when there is no such Experiment,
// and ErrBehind when it is too early to look. The Freshness must be one of Experiments alone: a Rollout may bear the same name.
func (e *Eye) Experiment(ctx context.Context, key types.NamespacedName) (experiment.World, error) {
	if e.Freshness.behind(ctx, e.Reader, key) {
		return experiment.World{}, ErrBehind
	}
	ex := &v1alpha1.Experiment{}
	if err := e.Reader.Get(ctx, key, ex); err != nil {
		return experiment.World{}, err
	}
	w := experiment.World{Experiment: ex}
	var err error
	if w.ReplicaSets, err = e.groupSets(ctx, ex); err != nil {
		return w, fmt.Errorf("reading the ReplicaSets of Experiment %q: %w", ex.Name, err)
	}
	if w.Services, err = e.groupServices(ctx, ex); err != nil {
		return w, fmt.Errorf("reading the Services of Experiment %q: %w", ex.Name, err)
	}
	if w.Runs, err = e.runs(ctx, ex); err != nil {
		return w, fmt.Errorf("reading the AnalysisRuns of Experiment %q: %w", ex.Name, err)
	}
	if w.Templates, err = e.templates(ctx, ex.Namespace, templatesOf(ex)); err != nil {
		return w, err
	}
	return w, nil
}

// templatesOf are the templates that matter to an Experiment: none after its end.
func templatesOf(ex *v1alpha1.Experiment) []v1alpha1.AnalysisTemplateRef {
	if ex.Status.Phase.Completed() {
		return nil
	}
	return v1alpha1.ExperimentTemplateRefs(ex)
}

// questions find what an Experiment controls, whatever its name, and what bears a name like those of its own, whoever controls it.
func questions(ex *v1alpha1.Experiment) []client.MatchingFields {
	return []client.MatchingFields{{ByOwner: string(ex.UID)}, {ByStem: ex.Name}}
}

func (e *Eye) groupSets(ctx context.Context, ex *v1alpha1.Experiment) ([]*appsv1.ReplicaSet, error) {
	found := map[string]*appsv1.ReplicaSet{}
	for _, question := range questions(ex) {
		list := &appsv1.ReplicaSetList{}
		if err := e.Reader.List(ctx, list, client.InNamespace(ex.Namespace), question); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found[list.Items[i].Name] = &list.Items[i]
		}
	}
	return byName(found), nil
}

func (e *Eye) groupServices(ctx context.Context, ex *v1alpha1.Experiment) ([]*corev1.Service, error) {
	found := map[string]*corev1.Service{}
	for _, question := range questions(ex) {
		list := &corev1.ServiceList{}
		if err := e.Reader.List(ctx, list, client.InNamespace(ex.Namespace), question); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found[list.Items[i].Name] = &list.Items[i]
		}
	}
	for _, name := range v1alpha1.ExperimentServiceNames(ex) {
		service := &corev1.Service{}
		err := e.Reader.Get(ctx, types.NamespacedName{Namespace: ex.Namespace, Name: name}, service)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[name] = service
	}
	return byName(found), nil
}

func byName[T any](found map[string]*T) []*T {
	all := make([]*T, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[name])
	}
	return all
}

// experimentUses are objects of others whose change may matter to an Experiment, in the form of the index ByUse. After its end there
// are none: what it was waiting for no longer is.
func experimentUses(object client.Object) []string {
	ex := object.(*v1alpha1.Experiment)
	if ex.Status.Phase.Completed() {
		return nil
	}
	var all []string
	for _, name := range v1alpha1.ExperimentServiceNames(ex) {
		all = append(all, Used("Service", ex.Namespace, name))
	}
	if len(ex.Spec.Analyses) > 0 {
		all = append(all, templateUses(ex.Namespace)...)
	}
	return all
}

// ExperimentsOf are the Experiments to which a Service may matter although they do not control it: those that name it, and those whose
// name its own begins with, for a group's Service may be named after its ReplicaSet.
func ExperimentsOf(ctx context.Context, reader client.Reader, service client.Object) ([]types.NamespacedName, error) {
	found, err := ExperimentsUsing(ctx, reader, Used("Service", service.GetNamespace(), service.GetName()))
	if err != nil {
		return nil, err
	}
	for _, name := range stems(service) {
		key := types.NamespacedName{Namespace: service.GetNamespace(), Name: name}
		ex := &v1alpha1.Experiment{}
		if err := reader.Get(ctx, key, ex); client.IgnoreNotFound(err) != nil {
			return nil, err
		}
		if ex.UID != "" && !ex.Status.Phase.Completed() {
			found = append(found, key)
		}
	}
	return found, nil
}

// ExperimentsUsing are those that use an object, which Used has named.
func ExperimentsUsing(ctx context.Context, reader client.Reader, use string) ([]types.NamespacedName, error) {
	list := &v1alpha1.ExperimentList{}
	if err := reader.List(ctx, list, client.MatchingFields{ByUse: use}); err != nil {
		return nil, err
	}
	found := make([]types.NamespacedName, len(list.Items))
	for i := range list.Items {
		found[i] = client.ObjectKeyFromObject(&list.Items[i])
	}
	return found, nil
}
