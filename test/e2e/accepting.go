package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The lab serves HTTPRoutes and tells nobody. What the controller of a Gateway would report of them is written by the tests.

// taken tells whether every parent of a route has accepted it as it is now. Only what acceptance writes is known here.
func taken(route *unstructured.Unstructured) bool {
	parents, _, _ := unstructured.NestedSlice(route.Object, "status", "parents")
	for _, entry := range parents {
		conditions, _, _ := unstructured.NestedSlice(entry.(map[string]any), "conditions")
		for _, condition := range conditions {
			seen, _, _ := unstructured.NestedInt64(condition.(map[string]any), "observedGeneration")
			if seen != route.GetGeneration() {
				return false
			}
		}
	}
	return len(parents) > 0
}

// acceptance returns the route as all its parents have taken it, and the patch that says so.
func acceptance(route *unstructured.Unstructured) (*unstructured.Unstructured, client.Patch) {
	var parents []any
	refs, _, _ := unstructured.NestedSlice(route.Object, "spec", "parentRefs")
	for _, ref := range refs {
		var conditions []any
		for _, kind := range []string{"Accepted", "ResolvedRefs"} {
			conditions = append(conditions, map[string]any{
				"type": kind, "status": "True", "reason": kind, "message": "", "observedGeneration": route.GetGeneration(),
				"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
			})
		}
		parents = append(parents, map[string]any{"parentRef": ref, "controllerName": "kanari.dev/e2e", "conditions": conditions})
	}
	after := route.DeepCopy()
	after.Object["status"] = map[string]any{"parents": parents}
	return after, client.MergeFrom(route)
}

// Accept reports, as a gateway does, that a route was taken as the test has last seen it.
func (s *Scene) Accept(route string) {
	s.Helper()
	object, patch := acceptance(s.state.object("HTTPRoute", route))
	if err := s.Client.Status().Patch(s.Context(), object, patch); err != nil {
		s.Fatalf("accepting HTTPRoute %s: %v", route, err)
	}
	s.wrote(object)
}

// acceptAlways does so from now on until the test ends, as soon as the route is written.
func (s *Scene) acceptAlways(route string) {
	s.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.follow(ctx, route); err != nil {
			s.Errorf("accepting HTTPRoute %s: %v", route, err)
		}
	})
	s.Cleanup(func() { cancel(); running.Wait() })
}

func (s *Scene) follow(ctx context.Context, route string) error {
	for place := 0; ; {
		entry, more, err := s.recorder.next(place)
		if err != nil {
			return err
		}
		if entry == nil {
			select {
			case <-more:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		place++
		if !entry.of("HTTPRoute", route) || taken(entry.Object) {
			continue
		}
		object, patch := acceptance(entry.Object)
		if err := s.Client.Status().Patch(ctx, object, patch); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("at generation %d: %w", entry.Object.GetGeneration(), err)
		}
	}
}
