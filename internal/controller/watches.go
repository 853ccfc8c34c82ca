package controller

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// watches follow the kinds of other people's objects. A kind is watched from the first Rollout on that uses it, because a cluster need not
// have every mesh installed, and may get one later.
type watches struct {
	controller controller.Controller
	cache      cache.Cache
	mapper     meta.RESTMapper
	renderers  []traffic.Renderer

	mutex   sync.Mutex
	watched map[schema.GroupKind]bool
}

// cover starts what a Rollout needs to be watched. It returns true when a kind is not installed: nobody tells us when that changes.
func (w *watches) cover(ro *v1alpha1.Rollout) (missing bool, err error) {
	for _, ref := range observe.References(ro, w.renderers) {
		known, err := w.watch(ref.GroupVersionKind)
		if err != nil {
			return false, err
		}
		missing = missing || !known
	}
	return missing, nil
}

func (w *watches) watch(kind schema.GroupVersionKind) (known bool, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.watched[kind.GroupKind()] {
		return true, nil
	}
	if _, err := w.mapper.RESTMapping(kind.GroupKind(), kind.Version); err != nil {
		return false, client.IgnoreNotFound(ignoreNoMatch(err))
	}
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	users := handler.TypedEnqueueRequestsFromMapFunc(func(ctx context.Context, object *unstructured.Unstructured) []reconcile.Request {
		return slices.Concat(
			usersOf(ctx, w.cache, observe.Used(kind.Kind, object.GetNamespace(), object.GetName())),
			usersOf(ctx, w.cache, observe.Used(kind.Kind, object.GetNamespace(), traffic.Any)),
			usersOf(ctx, w.cache, observe.Used(kind.Kind, "", traffic.Any)),
		)
	})
	if err := w.controller.Watch(source.Kind(w.cache, object, users)); err != nil {
		return false, fmt.Errorf("watching %s: %w", kind.Kind, err)
	}
	w.watched[kind.GroupKind()] = true
	return true, nil
}

func ignoreNoMatch(err error) error {
	if meta.IsNoMatchError(err) {
		return nil
	}
	return err
}

// usersOf are the Rollouts that use an object.
func usersOf(ctx context.Context, reader client.Reader, use string) []reconcile.Request {
	list := &v1alpha1.RolloutList{}
	if err := reader.List(ctx, list, client.MatchingFields{observe.ByUse: use}); err != nil {
		return nil // caches answer from memory; they fail only when the process is about to end
	}
	requests := make([]reconcile.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

func newWatches(c controller.Controller, mgr manager.Manager, renderers []traffic.Renderer) *watches {
	return &watches{
		controller: c, cache: mgr.GetCache(), mapper: mgr.GetRESTMapper(), renderers: renderers,
		watched: map[schema.GroupKind]bool{},
	}
}
