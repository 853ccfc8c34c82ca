package appmesh

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// edit is one VirtualRouter while it is edited. The object is a copy of its own.
type edit struct {
	names     names
	namespace string // of the Rollout, in which its VirtualNodes are
	router    *unstructured.Unstructured
}

// weigh sets our weights in the routes that are ours and tells whether the canary's has shrunk.
func (e edit) weigh(want traffic.Routing) (lowered bool, err error) {
	picks, err := e.picks()
	if err != nil {
		return false, err
	}
	for _, pick := range picks {
		lowered = lowered || entry.Number(pick.canary["weight"]) > int64(want.Canary.Weight)
		entry.SetNumber(pick.canary, "weight", int64(want.Canary.Weight))
		entry.SetNumber(pick.stable, "weight", int64(want.Stable.Weight))
	}
	return lowered, nil
}

// pick holds our two targets in one route.
type pick struct{ canary, stable map[string]any }

// picks finds the routes that the Rollout names. Where it names none these are all that hold both targets; the others are somebody else's.
func (e edit) picks() ([]pick, error) {
	routes := entry.Lists(e.router.Object, "spec", "routes")
	if len(e.names.routes) > 0 {
		return e.namedPicks(routes)
	}
	var all []pick
	var problem error
	for _, route := range routes {
		pick, err := e.pick(route)
		if err == nil {
			all = append(all, pick)
			continue
		}
		problem = err
	}
	if len(all) > 0 {
		return all, nil
	}
	if problem == nil {
		problem = field.Invalid(servicePath.Child("name"), e.names.service, fmt.Sprintf("VirtualRouter `%s` has no routes: give it one with both VirtualNodes as weightedTargets", e.router.GetName()))
	}
	return nil, problem
}

func (e edit) namedPicks(routes []map[string]any) ([]pick, error) {
	var all []pick
	for i, name := range e.names.routes {
		route, count := entry.Only(routes, func(r map[string]any) bool { return entry.Text(r, "name") == name })
		if route == nil {
			text := fmt.Sprintf("VirtualRouter `%s` has %d routes of that name: list names of its spec.routes[], or leave routes out to mean all", e.router.GetName(), count)
			return nil, field.Invalid(servicePath.Child("routes").Index(i), name, text)
		}
		pick, err := e.pick(route)
		if err != nil {
			return nil, err
		}
		all = append(all, pick)
	}
	return all, nil
}

// pick finds our targets in a route, of whichever protocol it is.
func (e edit) pick(route map[string]any) (pick, error) {
	var targets []map[string]any
	for _, protocol := range []string{"httpRoute", "http2Route", "grpcRoute", "tcpRoute"} {
		targets = append(targets, entry.Lists(route, protocol, "action", "weightedTargets")...)
	}
	canary, err := e.target(route, targets, place{e.names.canary, canaryPath})
	if err != nil {
		return pick{}, err
	}
	stable, err := e.target(route, targets, place{e.names.stable, stablePath})
	return pick{canary, stable}, err
}

func (e edit) target(route map[string]any, targets []map[string]any, node place) (map[string]any, error) {
	target, count := entry.Only(targets, func(t map[string]any) bool {
		return entry.Text(t, "virtualNodeRef", "name") == node.name && cmp.Or(entry.Text(t, "virtualNodeRef", "namespace"), e.namespace) == e.namespace
	})
	if target == nil {
		text := fmt.Sprintf("route %q of VirtualRouter `%s` has %d weightedTargets for it: it needs one, add {virtualNodeRef: {name: %s}, weight: 0}", entry.Text(route, "name"), e.router.GetName(), count, node.name)
		return nil, field.Invalid(node.path, node.name, text)
	}
	return target, nil
}
