package observe

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

const (
	// ByOwner finds ReplicaSets by the UID of the Rollout that controls them.
	ByOwner = "owner"
	// ByStem finds AnalysisRuns by the name of the Rollout that theirs begins with.
	ByStem = "stem"
	// ByUse finds Rollouts by an object that they use, as Used writes it.
	ByUse = "use"

	nobody = "nobody" // the owner of ReplicaSets that may be adopted
)

// Indexes prepares the caches for the questions that an Eye asks.
func Indexes(ctx context.Context, indexer client.FieldIndexer, renderers []traffic.Renderer) error {
	if err := indexer.IndexField(ctx, &appsv1.ReplicaSet{}, ByOwner, owner); err != nil {
		return fmt.Errorf("indexing ReplicaSets by owner: %w", err)
	}
	if err := indexer.IndexField(ctx, &v1alpha1.AnalysisRun{}, ByStem, stems); err != nil {
		return fmt.Errorf("indexing AnalysisRuns by the beginning of their name: %w", err)
	}
	uses := func(object client.Object) []string { return uses(object.(*v1alpha1.Rollout), renderers) }
	if err := indexer.IndexField(ctx, &v1alpha1.Rollout{}, ByUse, uses); err != nil {
		return fmt.Errorf("indexing Rollouts by what they use: %w", err)
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

// stems are all beginnings of a name that end before a hyphen. A Rollout knows its runs by them, and also sees who took their names.
func stems(object client.Object) []string {
	var all []string
	for i, r := range object.GetName() {
		if r == '-' {
			all = append(all, object.GetName()[:i])
		}
	}
	return all
}

// Any is the name of all objects of a kind in a namespace, in the index ByUse.
const Any = "*"

// Used names an object in the index ByUse.
func Used(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

func uses(ro *v1alpha1.Rollout, renderers []traffic.Renderer) []string {
	var all []string
	for _, claim := range claims(ro, renderers) {
		all = append(all, Used(claim.Ref.Kind, claim.Ref.Namespace, claim.Ref.Name))
	}
	for _, ref := range References(ro, renderers) {
		all = append(all, Used(ref.Kind, ref.Namespace, ref.Name))
	}
	if len(v1alpha1.Analyses(ro)) > 0 {
		// Templates name templates, so any of the namespace, and any of the cluster, may be one that matters.
		all = append(all, Used("AnalysisTemplate", ro.Namespace, Any), Used("ClusterAnalysisTemplate", "", Any))
	}
	return all
}
