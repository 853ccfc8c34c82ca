package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

const (
	updatesEach = 50
	lastWeight  = updatesEach + 1 // the first is 2, so that every update changes the share
)

// A VirtualService with a route for each of two Rollouts, one that somebody else edits all the time, and one that nobody touches.
const sharedRoutes = `
  - name: theirs
    timeout: 1s
    route:
    - {destination: {host: other}, weight: 100}
  - name: untouched
    match: [{headers: {x-team: {exact: b}}, uri: {prefix: /quiet}}]
    retries: {attempts: 3, perTryTimeout: 2s}
    route:
    - {destination: {host: old, port: {number: 8080}}, weight: 30}
    - {destination: {host: new}, weight: 70}
`

func TestTwoRolloutsAndSomebodyElseShareOneVirtualService(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	controller := start(t, "shared-route", "--leader-elect=false", "--instance-id=shared-route", "--namespace="+s.Namespace)
	s.CreateYAML(virtualService("shared", "left", "right") + strings.TrimPrefix(sharedRoutes, "\n"))
	for _, name := range []string{"left", "right"} {
		s.Open(Shop{
			Name: name, Replicas: 1, VirtualService: "shared", Steps: `[{setWeight: 1}, {pause: {}}]`,
			Labels: `{argo-rollouts.argoproj.io/controller-instance-id: shared-route}`,
		})
		s.AwaitPhase(name, v1alpha1.RolloutPhaseHealthy)
		s.SetImage(name, "kanari.dev/demo:v0")
		s.AwaitPause(name, 1)
	}
	begun := s.Trace()

	// Not parallel tests: those might wait for one another.
	var writers sync.WaitGroup
	for _, name := range []string{"left", "right"} {
		writers.Go(func() { t.Run(name, func(t *testing.T) { s.Apart(t).updateOften(name) }) })
	}
	writers.Go(func() { t.Run("theirs", func(t *testing.T) { s.Apart(t).editOften() }) })
	writers.Wait()

	trace := s.Trace()
	s.checkForeignRoutes(begun, trace)
	requests, err := lab.Requests(controller.User)
	if err != nil {
		t.Fatal(err)
	}
	if len(requests) < 2*updatesEach {
		t.Errorf("the audit log has %d requests of the controller: too few to be all", len(requests))
	}
	for _, request := range requests {
		refused := request.Response.Code == http.StatusConflict || request.Response.Code == http.StatusUnprocessableEntity
		switch {
		case !refused:
		case request.What() == "rollouts/status":
			t.Logf("met a change of the Rollout itself, as it may: %s", request)
		default:
			t.Errorf("refused: %s", request)
		}
	}
	s.Safe()
}

// updateOften changes the share of a Rollout's canary again and again, and now and then its image, each time as soon as the last change
// has reached the route.
func (s *Scene) updateOften(name string) {
	for i := range updatesEach {
		weight := int64(2 + i)
		changes := []any{map[string]any{"op": "replace", "path": "/spec/strategy/canary/steps/0/setWeight", "value": weight}}
		image := fmt.Sprintf("kanari.dev/demo:v%d", (i+1)/10)
		changes = append(changes, map[string]any{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image})
		s.Patch(&v1alpha1.Rollout{}, name, types.JSONPatchType, changes)
		s.Await(fmt.Sprintf("update %d of %s", i, name), func(now *State) bool {
			return now.weight(name) == weight && now.phase(name) == v1alpha1.RolloutPhasePaused
		})
	}
}

// editOften replaces the whole object, as a careless tool does, as soon as one of the others has written it; on a conflict it reads again.
func (s *Scene) editOften() {
	for i := range updatesEach {
		timeout := fmt.Sprintf("%ds", i+2)
		for {
			vs := anyVirtualService()
			if err := s.Client.Get(s.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "shared"}, vs); err != nil {
				s.Fatal(err)
			}
			setRoute(vs, "theirs", "timeout", timeout)
			err := s.Client.Update(s.Context(), vs)
			if err == nil {
				s.wrote(vs)
				break
			}
			if !apierrors.IsConflict(err) {
				s.Fatal(err)
			}
		}
		mine := s.mine["VirtualService"]
		s.Await("the others to write in between", func(now *State) bool {
			return now.latest["VirtualService"] > mine || (now.weight("left") == lastWeight && now.weight("right") == lastWeight)
		})
	}
}

func setRoute(vs *unstructured.Unstructured, name, field string, value any) {
	routes, _, _ := unstructured.NestedSlice(vs.Object, "spec", "http")
	for _, entry := range routes {
		if fields, _ := entry.(map[string]any); fields["name"] == name {
			fields[field] = value
		}
	}
	_ = unstructured.SetNestedSlice(vs.Object, routes, "spec", "http")
}

// checkForeignRoutes demands that every value of the VirtualService holds the foreign entries as their owners last wrote them, and that
// none of the owner's edits was lost.
func (s *Scene) checkForeignRoutes(before, after Trace) {
	s.Helper()
	var untouched string
	edits := 1
	for entry, state := range after.States() {
		if !entry.of("VirtualService", "shared") {
			continue
		}
		vs := state.object("VirtualService", "shared")
		if text := asJSON(route(vs, "untouched")); untouched == "" {
			untouched = text
		} else if text != untouched {
			s.Fatalf("the route that nobody touches became %s, was %s (after %s)", text, untouched, entry)
		}
		theirs := fmt.Sprintf(`{"name":"theirs","route":[{"destination":{"host":"other"},"weight":100}],"timeout":"%ds"}`, edits)
		next := strings.Replace(theirs, fmt.Sprintf(`"%ds"`, edits), fmt.Sprintf(`"%ds"`, edits+1), 1)
		switch asJSON(route(vs, "theirs")) {
		case theirs:
		case next:
			edits++
		default:
			s.Fatalf("the foreign route became %s, expected %s or %s (after %s)", asJSON(route(vs, "theirs")), theirs, next, entry)
		}
	}
	if edits != updatesEach+1 {
		s.Errorf("%d of %d foreign edits are in the record", edits-1, updatesEach)
	}
	for _, name := range []string{"left", "right"} {
		weights := after.Weights(name, before.Version())
		missing := []int64{}
		for i := range updatesEach {
			if !slices.Contains(weights, int64(2+i)) {
				missing = append(missing, int64(2+i))
			}
		}
		if len(missing) > 0 {
			s.Errorf("updates of %s that never reached its route: %v", name, missing)
		}
	}
}

func asJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
