package cluster

import (
	"cmp"
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	return c.RawIn(ctx, schema.FromAPIVersionAndKind(apiVersion, kind), "", name)
}

// RawIn reads an object of some namespace as it stands; empty is the namespace of the Cluster.
func (c *Cluster) RawIn(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	if err := c.client.Get(ctx, client.ObjectKey{Namespace: cmp.Or(namespace, c.Namespace), Name: name}, object); err != nil {
		return nil, c.told(ctx, err, call{"get", resourceOf(kind.Kind), name})
	}
	return object, nil
}

// Template reads an AnalysisTemplate, or a ClusterAnalysisTemplate, which has the same fields.
func (c *Cluster) Template(ctx context.Context, ref v1alpha1.AnalysisTemplateRef) (*v1alpha1.AnalysisTemplate, error) {
	var object client.Object = &v1alpha1.AnalysisTemplate{}
	key, kind := client.ObjectKey{Namespace: c.Namespace, Name: ref.TemplateName}, v1alpha1.AnalysisTemplateKind
	if ref.ClusterScope {
		object, kind, key.Namespace = &v1alpha1.ClusterAnalysisTemplate{}, v1alpha1.ClusterAnalysisTemplateKind, ""
	}
	if err := c.client.Get(ctx, key, object); err != nil {
		return nil, c.told(ctx, err, call{"get", resourceOf(kind), ref.TemplateName})
	}
	if clusterWide, ok := object.(*v1alpha1.ClusterAnalysisTemplate); ok {
		return &v1alpha1.AnalysisTemplate{ObjectMeta: clusterWide.ObjectMeta, Spec: clusterWide.Spec}, nil
	}
	return object.(*v1alpha1.AnalysisTemplate), nil
}

// RawList reads all objects of a kind in the namespace, or all there are of a cluster-wide kind, as they stand.
func (c *Cluster) RawList(ctx context.Context, kind schema.GroupVersionKind) ([]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind)
	list.SetKind(kind.Kind + "List")
	if err := c.client.List(ctx, list, c.scope(clusterWide(call{resource: resourceOf(kind.Kind)}))); err != nil {
		return nil, c.told(ctx, err, call{"list", resourceOf(kind.Kind), ""})
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
	objects, err := c.podsAndSets(ctx)
	if err != nil {
		return view.Objects{}, err
	}
	objects.Rollout = ro
	c.addExtras(ctx, &objects)
	return objects, nil
}

func (c *Cluster) podsAndSets(ctx context.Context) (view.Objects, error) {
	sets, err := c.ReplicaSets(ctx)
	if err != nil {
		return view.Objects{}, err
	}
	pods := &corev1.PodList{}
	if err := c.client.List(ctx, pods, c.scope(false)); err != nil {
		return view.Objects{}, c.told(ctx, err, call{"list", "pods", ""})
	}
	return view.Objects{ReplicaSets: sets, Pods: pods.Items}, nil
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
