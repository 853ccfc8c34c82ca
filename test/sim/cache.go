package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// cache is what one process reads: the present, except of kinds whose watch has stalled. Those show what was there when it did, and
// nobody is told of their changes.
type cache struct {
	*Server
	stalls map[schema.GroupKind]stall
}

// stall is a watch that brings nothing for a while.
type stall struct {
	version int64
	until   time.Time
}

// Get implements client.Reader.
func (c cache) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	kind, err := apiutil.GVKForObject(object, c.scheme)
	if err != nil {
		return err
	}
	which := id{kind.GroupKind(), key}
	if c.known(which) == nil {
		return notFound(which)
	}
	return c.read(which, object)
}

// List implements client.Reader.
func (c cache) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	kind, err := apiutil.GVKForObject(list, c.scheme)
	if err != nil {
		return err
	}
	asked := client.ListOptions{}
	asked.ApplyOptions(options)
	kind.Kind = strings.TrimSuffix(kind.Kind, "List")
	var found []runtime.Object
	for _, which := range c.of(kind.GroupKind()) {
		if asked.Namespace != "" && asked.Namespace != which.key.Namespace {
			continue
		}
		object, err := c.fresh(list, kind)
		if err != nil {
			return err
		}
		if err := c.read(which, object); err != nil {
			return err
		}
		if c.answers(kind.GroupKind(), object, asked) {
			found = append(found, object)
		}
	}
	return meta.SetList(list, found)
}

// fresh is an empty object for a list.
func (c cache) fresh(list client.ObjectList, kind schema.GroupVersionKind) (client.Object, error) {
	if _, loose := list.(*unstructured.UnstructuredList); loose {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(kind)
		return object, nil
	}
	object, err := c.scheme.New(kind)
	if err != nil {
		return nil, err
	}
	return object.(client.Object), nil
}

// known is an object as the cache shows it; nil when it shows none.
func (c cache) known(which id) map[string]any {
	stalled, old := c.stalls[which.kind]
	if !old {
		return c.objects[which]
	}
	for _, e := range slices.Backward(c.past[which]) {
		if e.version <= stalled.version {
			return e.object
		}
	}
	return nil
}

// of lists the objects of a kind by namespace and name.
func (c cache) of(kind schema.GroupKind) []id {
	if _, old := c.stalls[kind]; !old {
		return c.Server.of(kind)
	}
	var found []id
	for which := range c.past {
		if which.kind == kind && c.known(which) != nil {
			found = append(found, which)
		}
	}
	slices.SortFunc(found, func(a, b id) int { return compareKeys(a.key, b.key) })
	return found
}

func (c cache) read(which id, object client.Object) error {
	if _, old := c.stalls[which.kind]; !old {
		return c.Server.read(which, object)
	}
	if loose, ok := object.(*unstructured.Unstructured); ok {
		fillLoose(loose, c.known(which))
		return nil
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(c.known(which), object)
}

// Stall keeps the changes of a kind from the controller for a while: its cache grows stale.
func (w *World) Stall(kind string, d time.Duration) error {
	for _, known := range []schema.GroupKind{
		rolloutKind, replicaSetKind, serviceKind, sliceKind, virtualServiceKind, destinationRuleKind, ingressKind, httpRouteKind, runKind, {Group: v1alpha1.GroupName, Kind: "AnalysisTemplate"},
	} {
		if strings.EqualFold(known.Kind, kind) {
			if _, already := w.stalls[known]; already {
				return nil // what it missed since then is not brought by stalling again
			}
			w.stalls[known] = stall{w.Server.version, w.Clock.Add(d)}
			return nil
		}
	}
	return fmt.Errorf("there is no cache of %ss", kind)
}

// thaw lets watches go on whose time has come, and tells the controller what it missed.
func (w *World) thaw() {
	for kind, stalled := range w.stalls {
		if w.Clock.Before(stalled.until) {
			continue
		}
		delete(w.stalls, kind)
		for which, editions := range w.Server.past {
			if which.kind == kind && editions[len(editions)-1].version > stalled.version {
				w.stirred = true
			}
		}
	}
}

// thaws is when the next stalled watch goes on; zero for never.
func (w *World) thaws() time.Time {
	var next time.Time
	for _, stalled := range w.stalls {
		if next.IsZero() || stalled.until.Before(next) {
			next = stalled.until
		}
	}
	return next
}
