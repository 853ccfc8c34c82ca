package cluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/view"
)

// Cluster is one namespace of one API server. Its errors are one line each, ready to be shown.
type Cluster struct {
	Namespace string

	client client.WithWatch
	host   string
}

// Rollout reads one Rollout.
func (c *Cluster) Rollout(ctx context.Context, name string) (*v1alpha1.Rollout, error) {
	ro := &v1alpha1.Rollout{}
	if err := c.client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, ro); err != nil {
		return nil, c.told(ctx, err, call{"get", rollouts, name})
	}
	return ro, nil
}

// Rollouts reads all Rollouts of the namespace, or of all namespaces.
func (c *Cluster) Rollouts(ctx context.Context, everywhere bool) ([]v1alpha1.Rollout, error) {
	list := &v1alpha1.RolloutList{}
	if err := c.client.List(ctx, list, c.scope(everywhere)); err != nil {
		return nil, c.told(ctx, err, call{"list", rollouts, ""})
	}
	return list.Items, nil
}

func (c *Cluster) scope(everywhere bool) client.ListOption {
	if everywhere {
		return client.InNamespace("")
	}
	return client.InNamespace(c.Namespace)
}

// Raw reads an object as it stands, so that writing it back loses no field that this program does not know.
func (c *Cluster) Raw(ctx context.Context, apiVersion, kind, name string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	if err := c.client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, object); err != nil {
		return nil, c.told(ctx, err, call{"get", resourceOf(kind), name})
	}
	return object, nil
}

// RawReplicaSets reads all ReplicaSets of the namespace as they stand.
func (c *Cluster) RawReplicaSets(ctx context.Context) ([]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("apps/v1")
	list.SetKind("ReplicaSetList")
	if err := c.client.List(ctx, list, c.scope(false)); err != nil {
		return nil, c.told(ctx, err, call{"list", "replicasets", ""})
	}
	return list.Items, nil
}

// ReplicaSets reads all ReplicaSets of the namespace.
func (c *Cluster) ReplicaSets(ctx context.Context) ([]appsv1.ReplicaSet, error) {
	list := &appsv1.ReplicaSetList{}
	if err := c.client.List(ctx, list, c.scope(false)); err != nil {
		return nil, c.told(ctx, err, call{"list", "replicasets", ""})
	}
	return list.Items, nil
}

// Objects reads a Rollout with everything around it. Analysis runs, experiments and nodes are extras: who may not read
// them, or has not installed them, still sees the rest.
func (c *Cluster) Objects(ctx context.Context, name string) (view.Objects, error) {
	ro, err := c.Rollout(ctx, name)
	if err != nil {
		return view.Objects{}, err
	}
	sets, err := c.ReplicaSets(ctx)
	if err != nil {
		return view.Objects{}, err
	}
	pods := &corev1.PodList{}
	if err := c.client.List(ctx, pods, c.scope(false)); err != nil {
		return view.Objects{}, c.told(ctx, err, call{"list", "pods", ""})
	}
	objects := view.Objects{Rollout: ro, ReplicaSets: sets, Pods: pods.Items}
	c.addExtras(ctx, &objects)
	return objects, nil
}

// addExtras leaves a list nil when it cannot be read, and makes it empty when there is nothing in it.
func (c *Cluster) addExtras(ctx context.Context, objects *view.Objects) {
	runs, experiments := &v1alpha1.AnalysisRunList{}, &v1alpha1.ExperimentList{}
	if c.client.List(ctx, runs, c.scope(false)) == nil {
		objects.AnalysisRuns = append([]v1alpha1.AnalysisRun{}, runs.Items...)
	}
	if c.client.List(ctx, experiments, c.scope(false)) == nil {
		objects.Experiments = append([]v1alpha1.Experiment{}, experiments.Items...)
	}
}

// Nodes reads the nodes; none when that is not allowed.
func (c *Cluster) Nodes(ctx context.Context) []corev1.Node {
	nodes := &corev1.NodeList{}
	if c.client.List(ctx, nodes) != nil {
		return nil
	}
	return nodes.Items
}
