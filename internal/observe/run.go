package observe

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/expression"
)

// Questions knows what runs have asked their backends.
type Questions interface {
	// Look is the metrics whose answer is outstanding, and the answers that came.
	Look(run types.NamespacedName, uid types.UID) (asked map[string]bool, answers []analysis.Answer)
}

// RunEye reads the Worlds of AnalysisRuns.
type RunEye struct {
	// Reader answers from caches.
	Reader client.Reader
	// Secrets that runs name.
	Secrets Vault
	// Questions that are outstanding or answered.
	Questions Questions
	// Expressions keeps what conditions compile to.
	Expressions *expression.Cache
	// Freshness of runs, apart from that of Rollouts: the two may bear the same name.
	Freshness *Freshness
}

// Run reads everything that a decision about one AnalysisRun may know. The error is a NotFound when there is no such run, and ErrBehind
// when it is too early to look.
func (e *RunEye) Run(ctx context.Context, key types.NamespacedName) (analysis.World, error) {
	if e.Freshness.behind(ctx, e.Reader, key) {
		return analysis.World{}, ErrBehind
	}
	run := &v1alpha1.AnalysisRun{}
	if err := e.Reader.Get(ctx, key, run); err != nil {
		return analysis.World{}, err
	}
	w := analysis.World{Run: run, Expressions: e.Expressions}
	var err error
	if w.Secrets, err = e.Secrets.values(ctx, run.Namespace, analysis.Secrets(run)); err != nil {
		return w, fmt.Errorf("reading what AnalysisRun %q keeps secret: %w", run.Name, err)
	}
	w.Asked, w.Answers = e.Questions.Look(key, run.UID)
	return w, nil
}

// Vault reads Secrets from the API server itself: a cache would hold those of the whole cluster.
type Vault struct{ Live client.Reader }

// Secret is the content of one Secret.
func (v Vault) Secret(ctx context.Context, namespace, name string) (map[string][]byte, error) {
	secret := &corev1.Secret{}
	if err := v.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, secret); err != nil {
		return nil, err
	}
	return secret.Data, nil
}

// values of keys, as far as they exist. A failed read is an error, never an absence.
func (v Vault) values(ctx context.Context, namespace string, refs []v1alpha1.SecretKeyRef) (map[v1alpha1.SecretKeyRef]string, error) {
	values := map[v1alpha1.SecretKeyRef]string{}
	contents := map[string]map[string][]byte{} // each Secret is read once
	for _, ref := range refs {
		content, read := contents[ref.Name]
		if !read {
			var err error
			if content, err = v.Secret(ctx, namespace, ref.Name); client.IgnoreNotFound(err) != nil {
				return nil, fmt.Errorf("reading Secret %q: %w", ref.Name, err)
			}
			contents[ref.Name] = content
		}
		if value, there := content[ref.Key]; there {
			values[ref] = string(value)
		}
	}
	return values, nil
}
