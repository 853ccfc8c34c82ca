package cluster

import (
	"context"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/view"
)

// Feed is a copy of objects that follows the server. It lives as long as the context it was made with.
type Feed struct {
	// Changed receives after changes; many changes may count as one.
	Changed <-chan struct{}

	cluster *Cluster
	changed chan struct{}
	mu      sync.Mutex
	err     error

	rollouts, sets, pods, runs, experiments cache.Store
}

// FollowRollouts follows the Rollouts of the namespace or of all, and returns once the copy is complete.
func (c *Cluster) FollowRollouts(ctx context.Context, everywhere bool) (*Feed, error) {
	f := c.newFeed()
	return f, f.follow(ctx, c.scope(everywhere), &v1alpha1.RolloutList{}, &v1alpha1.Rollout{}, &f.rollouts)
}

// FollowRollout follows one Rollout, and returns once the copy is complete.
func (c *Cluster) FollowRollout(ctx context.Context, name string) (*Feed, error) {
	f := c.newFeed()
	return f, f.followOne(ctx, name)
}

// FollowObjects follows one Rollout and everything around it, and returns once the copy is complete.
func (c *Cluster) FollowObjects(ctx context.Context, name string) (*Feed, error) {
	readable, err := c.Objects(ctx, name)
	if err != nil {
		return nil, err
	}
	f, here := c.newFeed(), c.scope(false)
	if err := f.followOne(ctx, name); err != nil {
		return nil, err
	}
	if err := f.follow(ctx, here, &appsv1.ReplicaSetList{}, &appsv1.ReplicaSet{}, &f.sets); err != nil {
		return nil, err
	}
	if err := f.follow(ctx, here, &corev1.PodList{}, &corev1.Pod{}, &f.pods); err != nil {
		return nil, err
	}
	if readable.AnalysisRuns != nil {
		if err := f.follow(ctx, here, &v1alpha1.AnalysisRunList{}, &v1alpha1.AnalysisRun{}, &f.runs); err != nil {
			return nil, err
		}
	}
	if readable.Experiments != nil {
		return f, f.follow(ctx, here, &v1alpha1.ExperimentList{}, &v1alpha1.Experiment{}, &f.experiments)
	}
	return f, nil
}

func (c *Cluster) newFeed() *Feed {
	changed := make(chan struct{}, 1)
	return &Feed{cluster: c, Changed: changed, changed: changed}
}

func (f *Feed) followOne(ctx context.Context, name string) error {
	return f.follow(ctx, listOptions{f.cluster.scope(false), only(name)}, &v1alpha1.RolloutList{}, &v1alpha1.Rollout{}, &f.rollouts)
}

func only(name string) client.ListOption { return client.MatchingFields{metav1.ObjectNameField: name} }

// listOptions are several options as one.
type listOptions []client.ListOption

// ApplyToList applies them in order.
func (all listOptions) ApplyToList(options *client.ListOptions) {
	for _, one := range all {
		one.ApplyToList(options)
	}
}

// follow copies one kind into the store and keeps the copy up to date.
func (f *Feed) follow(ctx context.Context, scope client.ListOption, list client.ObjectList, object client.Object, store *cache.Store) error {
	ctx, stop := context.WithCancel(ctx)
	informer := cache.NewSharedInformer(f.source(scope, list), object, 0)
	if _, err := informer.AddEventHandler(f.handler()); err != nil {
		stop()
		return err
	}
	if err := informer.SetWatchErrorHandlerWithContext(f.onError(stop, list)); err != nil {
		stop()
		return err
	}
	context.AfterFunc(ctx, f.notify)
	*store = informer.GetStore()
	go informer.RunWithContext(ctx)
	select {
	case <-informer.HasSyncedChecker().Done():
		return nil
	case <-ctx.Done():
		return f.Err(ctx)
	}
}

func (f *Feed) source(scope client.ListOption, empty client.ObjectList) cache.ListerWatcher {
	options := func(raw metav1.ListOptions) listOptions {
		return listOptions{&client.ListOptions{Raw: &raw}, scope}
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, raw metav1.ListOptions) (runtime.Object, error) {
			list := empty.DeepCopyObject().(client.ObjectList)
			err := f.cluster.client.List(ctx, list, options(raw))
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, raw metav1.ListOptions) (watch.Interface, error) {
			return f.cluster.client.Watch(ctx, empty.DeepCopyObject().(client.ObjectList), options(raw))
		},
	}
}

func (f *Feed) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { f.notify() },
		UpdateFunc: func(any, any) { f.notify() },
		DeleteFunc: func(any) { f.notify() },
	}
}

func (f *Feed) notify() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// onError gives up where trying again is in vain; all else (a server that restarts, a watch that grew too old) is tried
// again by the informer.
func (f *Feed) onError(stop context.CancelFunc, list client.ObjectList) cache.WatchErrorHandlerWithContext {
	return func(ctx context.Context, _ *cache.Reflector, err error) {
		if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) && !missingKind(err) {
			return
		}
		f.mu.Lock()
		f.err = f.cluster.told(ctx, err, call{"watch", watched(list), ""})
		f.mu.Unlock()
		stop()
	}
}

func watched(list client.ObjectList) string {
	switch list.(type) {
	case *appsv1.ReplicaSetList:
		return "replicasets"
	case *corev1.PodList:
		return "pods"
	case *v1alpha1.AnalysisRunList:
		return "analysisruns"
	case *v1alpha1.ExperimentList:
		return experiments
	}
	return rollouts
}

// Err says why the feed ended; nil while it goes on.
func (f *Feed) Err(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	return ctx.Err()
}

// Rollout is the present copy of a followed Rollout.
func (f *Feed) Rollout(name string) (*v1alpha1.Rollout, error) {
	for _, item := range items[v1alpha1.Rollout](f.rollouts) {
		if item.Name == name {
			return &item, nil
		}
	}
	return nil, f.cluster.gone(rollouts, name)
}

// Rollouts are the present copies of all followed Rollouts.
func (f *Feed) Rollouts() []v1alpha1.Rollout { return items[v1alpha1.Rollout](f.rollouts) }

// Objects are the present copies of a Rollout and everything around it.
func (f *Feed) Objects(name string) (view.Objects, error) {
	ro, err := f.Rollout(name)
	if err != nil {
		return view.Objects{}, err
	}
	return view.Objects{
		Rollout:      ro,
		ReplicaSets:  items[appsv1.ReplicaSet](f.sets),
		Pods:         items[corev1.Pod](f.pods),
		AnalysisRuns: items[v1alpha1.AnalysisRun](f.runs),
		Experiments:  items[v1alpha1.Experiment](f.experiments),
	}, nil
}

func items[T any](store cache.Store) []T {
	if store == nil {
		return nil
	}
	var all []T
	for _, object := range store.List() {
		if item, ok := object.(*T); ok {
			all = append(all, *item)
		}
	}
	return all
}
