package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Fleet is many Shops in one namespace, with a controller that has nothing else to do.
type Fleet struct {
	*Scene

	controller *Controller
	shops      []string
}

// NewFleet opens Shops of two pods each, and has all of them wait with a canary that gets 20 % of the requests.
func NewFleet(t *testing.T, size int) *Fleet {
	t.Helper()
	f := &Fleet{Scene: NewScene(t, lab, // no more than is waited for: who watches takes time away from what is measured
		schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"},
		schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"})}
	f.controller = start(t, "fleet", "--leader-elect=false", "--instance-id="+f.Namespace, "--namespace="+f.Namespace)
	for i := range size {
		name := fmt.Sprintf("shop-%03d", i)
		f.shops = append(f.shops, name)
		f.Open(Shop{Name: name, Replicas: 2, Steps: `[{setWeight: 20}, {pause: {}}]`, Labels: fmt.Sprintf("{%s: %s}", v1alpha1.ControllerInstanceIDLabel, f.Namespace)})
	}
	for _, shop := range f.shops { // one after the other: to look at all of them after each write takes too long
		f.AwaitPhase(shop, v1alpha1.RolloutPhaseHealthy)
	}
	f.atOnce(f.ship("kanari.dev/demo:green", f.shops))
	f.awaitPauses(f.shops)
	return f
}

// awaitPauses waits until canaries get their share.
func (f *Fleet) awaitPauses(shops []string) {
	f.Helper()
	for _, shop := range shops {
		f.AwaitPause(shop, 1)
	}
}

// order is one request of a user.
type order func(context.Context, client.Client) error

// ship gives Shops another image.
func (f *Fleet) ship(image string, shops []string) []order {
	patch := client.RawPatch(types.JSONPatchType, f.json([]any{
		map[string]any{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image},
	}))
	return f.orders(shops, func(ctx context.Context, c client.Client, ro *v1alpha1.Rollout) error { return c.Patch(ctx, ro, patch) })
}

// abort takes Shops back.
func (f *Fleet) abort(shops []string) []order {
	patch := client.RawPatch(types.MergePatchType, []byte(`{"status":{"abort":true}}`))
	return f.orders(shops, func(ctx context.Context, c client.Client, ro *v1alpha1.Rollout) error {
		return c.Status().Patch(ctx, ro, patch)
	})
}

func (f *Fleet) orders(shops []string, send func(context.Context, client.Client, *v1alpha1.Rollout) error) []order {
	var all []order
	for _, shop := range shops {
		all = append(all, func(ctx context.Context, c client.Client) error {
			ro := &v1alpha1.Rollout{}
			ro.Name, ro.Namespace = shop, f.Namespace
			return send(ctx, c, ro)
		})
	}
	return all
}

// atOnce gives orders at the same moment, and returns once the last one is answered.
func (f *Fleet) atOnce(orders []order) {
	f.Helper()
	faults := make([]error, len(orders))
	var running sync.WaitGroup
	for i, give := range orders {
		running.Go(func() { faults[i] = give(f.Context(), f.Client) })
	}
	running.Wait()
	if err := errors.Join(faults...); err != nil {
		f.Fatal(err)
	}
}

// takeBack aborts Shops with whatever else is ordered at the same moment, and returns once the API server has all requests at their stable
// versions, and the aborts are noted as carried out: an abort that is not, and a new image after it, take the new version back, too.
func (f *Fleet) takeBack(shops []string, others ...order) {
	f.Helper()
	f.atOnce(interleaved(f.abort(shops), others))
	for _, shop := range shops {
		f.Await("no request for the canary of "+shop, func(now *State) bool { return now.rollout(shop).Status.AbortedAt != nil && now.weight(shop) == 0 })
	}
}

// interleaved spreads the fewer evenly among the many.
func interleaved(few, many []order) []order {
	var all []order
	for i, one := range few {
		all = append(append(all, one), many[i*len(many)/len(few):(i+1)*len(many)/len(few)]...)
	}
	return all
}

// Log is what the API server noted of a Fleet from one moment on.
type Log []Request

func (f *Fleet) since(begin time.Time) Log {
	f.Helper()
	all, err := lab.audited(f.Namespace, func(r Request) bool { return r.Object.Namespace == f.Namespace && !r.Received.Before(begin) })
	if err != nil {
		f.Fatal(err)
	}
	return all
}

// first finds the earliest answer to a request.
func (l Log) first(wanted func(Request) bool) (Request, bool) {
	var first Request
	for _, r := range l {
		if wanted(r) && (first.Answered.IsZero() || r.Answered.Before(first.Answered)) {
			first = r
		}
	}
	return first, !first.Answered.IsZero()
}

// ofUser tells whether the test sent the request, in nobody else's name.
func (r Request) ofUser() bool {
	return r.Impersonated.Name == "" && strings.HasPrefix(r.UserAgent, "kanari-e2e")
}

// about tells whether a request concerns a Shop: its Rollout, VirtualService, ReplicaSets, Services.
func (r Request) about(shop string) bool {
	return r.Object.Name == shop || strings.HasPrefix(r.Object.Name, shop+"-")
}
