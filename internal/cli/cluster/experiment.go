package cluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/view"
)

// Experiments reads all Experiments of the namespace, or of all namespaces.
func (c *Cluster) Experiments(ctx context.Context, everywhere bool) ([]v1alpha1.Experiment, error) {
	list := &v1alpha1.ExperimentList{}
	if err := c.client.List(ctx, list, c.scope(everywhere)); err != nil {
		return nil, c.told(ctx, err, call{"list", experiments, ""})
	}
	return list.Items, nil
}

// ExperimentObjects reads an Experiment with everything around it. Who may not read AnalysisRuns still sees the rest.
func (c *Cluster) ExperimentObjects(ctx context.Context, name string) (*v1alpha1.Experiment, view.Objects, error) {
	experiment := &v1alpha1.Experiment{}
	if err := c.client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, experiment); err != nil {
		return nil, view.Objects{}, c.told(ctx, err, call{"get", experiments, name})
	}
	around, err := c.podsAndSets(ctx)
	if err != nil {
		return nil, view.Objects{}, err
	}
	c.addExtras(ctx, &around)
	return experiment, around, nil
}

// FollowExperiments follows the Experiments of the namespace or of all, and returns once the copy is complete.
func (c *Cluster) FollowExperiments(ctx context.Context, everywhere bool) (*Feed, error) {
	f := c.newFeed()
	return f, f.follow(ctx, c.scope(everywhere), &v1alpha1.ExperimentList{}, &v1alpha1.Experiment{}, &f.experiments)
}

// FollowExperiment follows one Experiment and everything around it, and returns once the copy is complete.
func (c *Cluster) FollowExperiment(ctx context.Context, name string) (*Feed, error) {
	_, readable, err := c.ExperimentObjects(ctx, name)
	if err != nil {
		return nil, err
	}
	f, here := c.newFeed(), c.scope(false)
	if err := f.follow(ctx, listOptions{here, only(name)}, &v1alpha1.ExperimentList{}, &v1alpha1.Experiment{}, &f.experiments); err != nil {
		return nil, err
	}
	if err := f.follow(ctx, here, &appsv1.ReplicaSetList{}, &appsv1.ReplicaSet{}, &f.sets); err != nil {
		return nil, err
	}
	if err := f.follow(ctx, here, &corev1.PodList{}, &corev1.Pod{}, &f.pods); err != nil {
		return nil, err
	}
	if readable.AnalysisRuns == nil {
		return f, nil
	}
	return f, f.follow(ctx, here, &v1alpha1.AnalysisRunList{}, &v1alpha1.AnalysisRun{}, &f.runs)
}

// Experiments are the present copies of all followed Experiments.
func (f *Feed) Experiments() []v1alpha1.Experiment { return items[v1alpha1.Experiment](f.experiments) }

// ExperimentObjects are the present copies of a followed Experiment and everything around it.
func (f *Feed) ExperimentObjects(name string) (*v1alpha1.Experiment, view.Objects, error) {
	for _, item := range f.Experiments() {
		if item.Name == name {
			return &item, view.Objects{
				ReplicaSets:  items[appsv1.ReplicaSet](f.sets),
				Pods:         items[corev1.Pod](f.pods),
				AnalysisRuns: items[v1alpha1.AnalysisRun](f.runs),
			}, nil
		}
	}
	return nil, view.Objects{}, f.cluster.gone(experiments, name)
}
