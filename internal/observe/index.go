package observe

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

const (
	// ByOwner finds ReplicaSets and Services by the UID of the Rollout or Experiment that controls them.
	ByOwner = "owner"
	// ByStem finds AnalysisRuns, Experiments, ReplicaSets and Services by the name of the Rollout or Experiment that theirs begins with.
	ByStem = "stem"
	// ByUse finds Rollouts and Experiments by an object that they use, as Used writes it.
	ByUse = "use"
	// ByService finds EndpointSlices by their Service.
	ByService = "service"

	nobody = "nobody" // the owner of ReplicaSets that may be adopted
)

// Indexes prepares the caches for the questions that an Eye asks.
func Indexes(ctx context.Context, indexer client.FieldIndexer, renderers []traffic.Renderer) error {
	uses := func(object client.Object) []string { return uses(object.(*v1alpha1.Rollout), renderers) }
	for _, index := range []struct {
		kind   client.Object
		name   string
		values client.IndexerFunc
	}{
		{&appsv1.ReplicaSet{}, ByOwner, owner},
		{&appsv1.ReplicaSet{}, ByStem, stems},
		{&corev1.Service{}, ByOwner, owner},
		{&corev1.Service{}, ByStem, stems},
		{&discoveryv1.EndpointSlice{}, ByService, func(slice client.Object) []string { return []string{SliceService(slice)} }},
		{&v1alpha1.AnalysisRun{}, ByStem, stems},
		{&v1alpha1.Rollout{}, ByUse, uses},
		{&v1alpha1.Experiment{}, ByStem, stems},
		{&v1alpha1.Experiment{}, ByUse, experimentUses},
	} {
		if err := indexer.IndexField(ctx, index.kind, index.name, index.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.kind, index.name, err)
		}
	}
	return nil
}

func owner(object client.Object) []string {
	controller := metav1.GetControllerOf(object)
	if controller == nil {
		return []string{nobody}
	}
	return []string{string(controller.UID)}
}

// stems are all beginnings of a name that end before a hyphen. By them a Rollout knows its runs and Experiments, an Experiment all
// that it makes, and both see who took their names.
func stems(object client.Object) []string {
	var all []string
	for i, r := range object.GetName() {
		if r == '-' {
			all = append(all, object.GetName()[:i])
		}
	}
	return all
}

// Used names an object in the index ByUse; traffic.Any is the name of all of a kind in the namespace, or in the cluster.
func Used(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

func uses(ro *v1alpha1.Rollout, renderers []traffic.Renderer) []string {
	var all []string
	for _, claim := range claims(ro, renderers) {
		all = append(all, Used(claim.Ref.Kind, claim.Ref.Namespace, claim.Ref.Name))
	}
	for _, ref := range References(ro, renderers) {
		all = append(all, Used(ref.Kind, ref.Namespace, ref.Name))
	}
	if len(v1alpha1.TemplateRefs(ro)) > 0 {
		all = append(all, templateUses(ro.Namespace)...)
	}
	return all
}

// templateUses: templates name templates, so any of the namespace, and any of the cluster, may be one that matters.
func templateUses(namespace string) []string {
	return []string{Used("AnalysisTemplate", namespace, traffic.Any), Used("ClusterAnalysisTemplate", "", traffic.Any)}
}
