package observe

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/rollout"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// ErrBehind says that a cache has not seen our own last write yet. The event that brings it will start the next turn.
var ErrBehind = errors.New("a cache is behind our own last write")

// Eye reads Worlds.
type Eye struct {
	// Reader answers from caches that have the indexes of Indexes.
	Reader client.Reader
	// Live reads from the API server itself. It is asked when a cache lacks what a Rollout refers to: caches of several kinds do not move in
	// step, and a Rollout may be seen before a Service that was created earlier.
	Live client.Reader
	// Renderers of all meshes that this controller knows.
	Renderers []traffic.Renderer
	Freshness *Freshness
}

// asker is a Renderer of a mesh that does not say on its objects what it has taken, but answers when it is asked. Nobody waits for it: what it
// returns at once is that Renderer with what is known now.
type asker interface {
	Ask(ctx context.Context, ro *v1alpha1.Rollout, found []*unstructured.Unstructured) traffic.Renderer
}

// Rollout reads everything that a decision about one Rollout may know. The error is a NotFound when there is no such Rollout, and
// ErrBehind when it is too early to look.
func (e *Eye) Rollout(ctx context.Context, key types.NamespacedName) (rollout.World, error) {
	// Asked before anything is read: what is read after the answer is at least as fresh, what was read before it may not be.
	if e.Freshness.behind(ctx, e.Reader, key) {
		return rollout.World{}, ErrBehind
	}
	ro := &v1alpha1.Rollout{}
	if err := e.Reader.Get(ctx, key, ro); err != nil {
		return rollout.World{}, err
	}
	w := rollout.World{Rollout: ro}
	var err error
	if w.ReplicaSets, err = e.replicaSets(ctx, ro); err != nil {
		return w, fmt.Errorf("reading the ReplicaSets of Rollout %q: %w", ro.Name, err)
	}
	if w.Workload, err = e.workload(ctx, ro); err != nil {
		return w, err
	}
	if w.Pods, err = e.pods(ctx, ro, w.ReplicaSets); err != nil {
		return w, fmt.Errorf("reading the pods of Rollout %q: %w", ro.Name, err)
	}
	if w.Services, err = e.services(ctx, ro); err != nil {
		return w, err
	}
	if w.Endpoints, err = e.endpoints(ctx, ro); err != nil {
		return w, err
	}
	if w.Routes, err = e.routes(ctx, ro); err != nil {
		return w, err
	}
	if w.Runs, err = e.runs(ctx, ro); err != nil {
		return w, fmt.Errorf("reading the AnalysisRuns of Rollout %q: %w", ro.Name, err)
	}
	if w.Experiments, err = e.experiments(ctx, ro); err != nil {
		return w, fmt.Errorf("reading the Experiments of Rollout %q: %w", ro.Name, err)
	}
	if w.Templates, err = e.templates(ctx, ro.Namespace, v1alpha1.TemplateRefs(ro)); err != nil {
		return w, err
	}
	if w.Rivals, err = e.rivals(ctx, ro); err != nil {
		return w, fmt.Errorf("reading the rivals of Rollout %q: %w", ro.Name, err)
	}
	return w, nil
}

// replicaSets are those that the Rollout controls and those that nobody does.
func (e *Eye) replicaSets(ctx context.Context, ro *v1alpha1.Rollout) ([]*appsv1.ReplicaSet, error) {
	var found []*appsv1.ReplicaSet
	for _, owner := range []string{string(ro.UID), nobody} {
		list := &appsv1.ReplicaSetList{}
		if err := e.Reader.List(ctx, list, client.InNamespace(ro.Namespace), client.MatchingFields{ByOwner: owner}); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found = append(found, &list.Items[i])
		}
	}
	return found, nil
}

// services are those that the Rollout names, as far as they exist. A failed read is an error, never an absence.
func (e *Eye) services(ctx context.Context, ro *v1alpha1.Rollout) (map[string]*corev1.Service, error) {
	found := map[string]*corev1.Service{}
	for _, name := range v1alpha1.ServiceNames(ro) {
		service := &corev1.Service{}
		err := e.get(ctx, types.NamespacedName{Namespace: ro.Namespace, Name: name}, service)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading Service %q: %w", name, err)
		}
		found[name] = service
	}
	return found, nil
}

// routes are the meshes that the Rollout uses, with their objects as far as they exist.
func (e *Eye) routes(ctx context.Context, ro *v1alpha1.Rollout) ([]traffic.Live, error) {
	var routes []traffic.Live
	for _, renderer := range e.Renderers {
		refs := renderer.Objects(ro)
		if len(refs) == 0 {
			continue
		}
		found, err := e.Find(ctx, refs)
		if err != nil {
			return nil, err
		}
		if asks, ok := renderer.(asker); ok {
			renderer = asks.Ask(ctx, ro, found)
		}
		routes = append(routes, traffic.Live{Renderer: renderer, Found: found})
	}
	return routes, nil
}

// Find reads the objects that refs name. One that does not exist, or whose kind the API server does not know, is left out: the
// renderer says what is missing.
func (e *Eye) Find(ctx context.Context, refs []traffic.Ref) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	for _, ref := range refs {
		if ref.Name == traffic.Any {
			all, err := e.all(ctx, ref)
			if err != nil {
				return nil, err
			}
			found = append(found, all...)
			continue
		}
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(ref.GroupVersionKind)
		get := e.get
		if ref.Ours {
			get = e.cached // it may well not be there yet, and nobody but us creates it
		}
		err := get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, object)
		switch {
		case err == nil:
			found = append(found, object)
		case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		default:
			return nil, fmt.Errorf("reading %s: %w", ref, err)
		}
	}
	return found, nil
}

// all are the objects of a kind, without those that a name stands for already.
func (e *Eye) all(ctx context.Context, ref traffic.Ref) ([]*unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(ref.GroupVersionKind.GroupVersion().WithKind(ref.Kind + "List"))
	err := e.Reader.List(ctx, list, client.InNamespace(ref.Namespace))
	if err != nil && !meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("reading all objects of kind %s: %w", ref.Kind, err)
	}
	var all []*unstructured.Unstructured
	for i := range list.Items {
		all = append(all, &list.Items[i])
	}
	return all, nil
}

// get reads an object that others create. What the cache lacks is asked for once more where it cannot be missed.
func (e *Eye) get(ctx context.Context, key types.NamespacedName, object client.Object) error {
	err := e.cached(ctx, key, object)
	if apierrors.IsNotFound(err) {
		return e.Live.Get(ctx, key, object)
	}
	return err
}

func (e *Eye) cached(ctx context.Context, key types.NamespacedName, object client.Object) error {
	return e.Reader.Get(ctx, key, object)
}
