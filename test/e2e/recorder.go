package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// recorded are the kinds that a Recorder follows.
var recorded = []schema.GroupVersionResource{
	{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"},
	{Group: "argoproj.io", Version: "v1alpha1", Resource: "analysisruns"},
	{Group: "argoproj.io", Version: "v1alpha1", Resource: "experiments"},
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "apps", Version: "v1", Resource: "deployments"},
	{Group: "batch", Version: "v1", Resource: "jobs"},
	{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
	{Version: "v1", Resource: "pods"},
	{Version: "v1", Resource: "services"},
	{Version: "v1", Resource: "events"},
	{Version: "v1", Resource: "configmaps"},
	{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"},
	{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"},
	{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"},
	{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"},
	{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"},
}

// follows tells whether objects of a kind are recorded. Resources are named after their kinds.
func (r *Recorder) follows(kind schema.GroupVersionKind) bool {
	return slices.ContainsFunc(r.kinds, func(known schema.GroupVersionResource) bool {
		plural, _ := meta.UnsafeGuessKindToResource(kind)
		return known.GroupResource() == plural.GroupResource()
	})
}

// Entry is one value of one object, or its end.
type Entry struct {
	Version uint64 // resourceVersion, which orders all writes to the API server
	Came    time.Time
	Gone    bool
	Object  *unstructured.Unstructured
}

// of tells whether the entry is a value of an object.
func (e Entry) of(kind, name string) bool {
	return !e.Gone && e.Object.GetKind() == kind && e.Object.GetName() == name
}

func (e Entry) String() string {
	verb := "is"
	if e.Gone {
		verb = "is gone at"
	}
	return fmt.Sprintf("%s %s %s %d", e.Object.GetKind(), e.Object.GetName(), verb, e.Version)
}

// Recorder keeps every value that the objects of a namespace ever had, as the API server's watches tell them.
type Recorder struct {
	namespace string
	client    dynamic.Interface
	kinds     []schema.GroupVersionResource

	mutex   sync.Mutex
	entries []Entry       // in the order of arrival: exact within a kind, nearly so between kinds
	more    chan struct{} // closed when the next entry arrives
	broken  error
}

// Record follows a namespace until the test ends, all kinds in it unless some are named. It returns once every watch stands, so nothing that happens later is missed.
func Record(t *testing.T, client dynamic.Interface, namespace string, kinds ...schema.GroupVersionResource) *Recorder {
	t.Helper()
	if len(kinds) == 0 {
		kinds = recorded
	}
	r := &Recorder{namespace: namespace, client: client, kinds: kinds, more: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, resource := range kinds {
		events, err := r.open(ctx, resource)
		if err != nil {
			cancel()
			t.Fatalf("watching %s: %v", resource.Resource, err)
		}
		running.Go(func() { r.keep(ctx, resource, events) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return r
}

// open notes what is there already and follows from that very moment.
func (r *Recorder) open(ctx context.Context, resource schema.GroupVersionResource) (watch.Interface, error) {
	list, err := r.client.Resource(resource).Namespace(r.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for i := range list.Items {
		r.add(watch.Event{Type: watch.Added, Object: &list.Items[i]})
	}
	return r.client.Resource(resource).Namespace(r.namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
}

func (r *Recorder) keep(ctx context.Context, resource schema.GroupVersionResource, events watch.Interface) {
	defer events.Stop()
	for event := range events.ResultChan() {
		r.add(event)
	}
	if ctx.Err() == nil {
		r.fail(fmt.Errorf("the watch of %s ended", resource.Resource))
	}
}

func (r *Recorder) add(event watch.Event) {
	object, ok := event.Object.(*unstructured.Unstructured)
	if !ok || event.Type == watch.Error {
		r.fail(fmt.Errorf("a watch answered %s %v", event.Type, event.Object))
		return
	}
	entry := Entry{Came: time.Now(), Version: versionOf(object), Gone: event.Type == watch.Deleted, Object: object}
	r.tell(func() { r.entries = append(r.entries, entry) })
}

// versionOf is the resourceVersion, a decimal number since Kubernetes 1.35.
func versionOf(object *unstructured.Unstructured) uint64 {
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%s %q has the resourceVersion %q", object.GetKind(), object.GetName(), object.GetResourceVersion()))
	}
	return version
}

func (r *Recorder) fail(err error) { r.tell(func() { r.broken = err }) }

func (r *Recorder) tell(change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
	close(r.more)
	r.more = make(chan struct{})
}

// next returns the entry at a place of the record, or a channel that is closed when there may be one.
func (r *Recorder) next(place int) (*Entry, <-chan struct{}, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.broken != nil {
		return nil, nil, r.broken
	}
	if place < len(r.entries) {
		return &r.entries[place], nil, nil
	}
	return nil, r.more, nil
}

// Trace is everything so far, in the order of the writes.
func (r *Recorder) Trace() Trace {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	trace := slices.Clone(r.entries)
	slices.SortStableFunc(trace, func(a, b Entry) int { return int(int64(a.Version) - int64(b.Version)) })
	return trace
}
