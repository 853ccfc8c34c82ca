package observe

import (
	"context"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// patience bounds how long a cache may be behind before it is believed again: an object that somebody deleted right after our write
// never shows up.
const patience = 5 * time.Second

// Freshness remembers what was written for each object of one kind (Rollouts, Experiments or AnalysisRuns) until the caches show it.
type Freshness struct {
	// Scheme tells the kinds of typed objects.
	Scheme *runtime.Scheme
	// Now is the clock.
	Now func() time.Time

	mutex  sync.Mutex
	writes map[types.NamespacedName]map[written]mark
}

type written struct {
	kind    schema.GroupVersionKind
	key     types.NamespacedName
	untyped bool // which of the two caches of a kind is read
}

type mark struct {
	version string
	at      time.Time
}

// Wrote notes an object as the API server answered a write made for owner.
func (f *Freshness) Wrote(owner types.NamespacedName, object client.Object) {
	kind, err := apiutil.GVKForObject(object, f.Scheme)
	if err != nil {
		return // an object of no known kind is in no cache either
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.writes == nil {
		f.writes = map[types.NamespacedName]map[written]mark{}
	}
	if f.writes[owner] == nil {
		f.writes[owner] = map[written]mark{}
	}
	_, untyped := object.(*unstructured.Unstructured)
	what := written{kind: kind, key: client.ObjectKeyFromObject(object), untyped: untyped}
	f.writes[owner][what] = mark{object.GetResourceVersion(), f.Now()}
}

// Forget drops what is remembered for an owner that is gone.
func (f *Freshness) Forget(owner types.NamespacedName) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.writes, owner)
}

// behind tells whether a cache has yet to see something that was written for owner.
func (f *Freshness) behind(ctx context.Context, reader client.Reader, owner types.NamespacedName) bool {
	f.mutex.Lock()
	pending := make(map[written]mark, len(f.writes[owner]))
	maps.Copy(pending, f.writes[owner])
	f.mutex.Unlock()
	for what, when := range pending {
		if f.Now().Sub(when.at) < patience && !f.seen(ctx, reader, what, when.version) {
			return true
		}
		f.settle(owner, what, when)
	}
	return false
}

// settle drops one memory, unless a newer write has taken its place.
func (f *Freshness) settle(owner types.NamespacedName, what written, when mark) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.writes[owner][what] == when {
		delete(f.writes[owner], what)
	}
}

func (f *Freshness) seen(ctx context.Context, reader client.Reader, what written, version string) bool {
	object, err := f.empty(what)
	if err != nil || reader.Get(ctx, what.key, object) != nil {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(object.GetResourceVersion(), version)
	return err != nil || order >= 0
}

// empty is an object to read into, of the form in which it was written.
func (f *Freshness) empty(what written) (client.Object, error) {
	if what.untyped {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(what.kind)
		return object, nil
	}
	typed, err := f.Scheme.New(what.kind)
	if err != nil {
		return nil, err
	}
	return typed.(client.Object), nil
}
