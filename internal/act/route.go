package act

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// routeTraffic makes every mesh of the Rollout follow a Routing. Written again, it changes nothing.
func (h *Hand) routeTraffic(ctx context.Context, ro *v1alpha1.Rollout, a plan.RouteTraffic) error {
	for _, renderer := range h.Renderers {
		if len(renderer.Objects(ro)) == 0 {
			continue
		}
		if err := h.routeOne(ctx, ro, traffic.Live{Renderer: renderer}, a.Routing); err != nil {
			return fmt.Errorf("routing %s: %w", a.Routing, err)
		}
	}
	return nil
}

func (h *Hand) routeOne(ctx context.Context, ro *v1alpha1.Rollout, live traffic.Live, want traffic.Routing) error {
	found, err := h.Find(ctx, live.Renderer.Objects(ro))
	if err != nil {
		return err
	}
	live.Found = found
	changes, err := live.Differences(ro, want)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if err := h.write(ctx, ro, change); err != nil {
			return fmt.Errorf("writing %s %q: %w", change.Object().GetKind(), change.Object().GetName(), err)
		}
	}
	return nil
}

// write sends one change. Writers of this process take turns at an object, so that Rollouts that share one do not make the API
// server repeat itself; against everybody else the tests in the patch guard.
func (h *Hand) write(ctx context.Context, ro *v1alpha1.Rollout, change traffic.Change) error {
	object := change.Object().DeepCopy()
	if change.After == nil {
		uid := object.GetUID()
		return client.IgnoreNotFound(h.Client.Delete(ctx, object, client.Preconditions{UID: &uid}))
	}
	if change.Before == nil {
		if err := h.Client.Create(ctx, object); err != nil {
			return err
		}
		h.Wrote(client.ObjectKeyFromObject(ro), object)
		return nil
	}
	patch, err := change.Patch()
	if err != nil {
		return err
	}
	unlock := h.locks.lock(object.GetKind() + "/" + object.GetNamespace() + "/" + object.GetName())
	defer unlock()
	if err := h.Client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return err
	}
	h.Wrote(client.ObjectKeyFromObject(ro), object)
	return nil
}

// keyedLocks holds one lock a key.
type keyedLocks struct{ byKey sync.Map }

func (l *keyedLocks) lock(key string) (unlock func()) {
	mutex, _ := l.byKey.LoadOrStore(key, &sync.Mutex{})
	mutex.(*sync.Mutex).Lock()
	return mutex.(*sync.Mutex).Unlock
}
