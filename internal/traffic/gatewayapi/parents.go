package gatewayapi

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// parent is what a route is attached to: a Gateway, or a Service in a mesh.
type parent struct {
	group, kind, namespace, name, section string
	port                                  int64
}

func parentOf(ref map[string]any, namespace string) parent {
	p := parent{group: Group, kind: cmp.Or(entry.Text(ref, "kind"), "Gateway"), namespace: cmp.Or(entry.Text(ref, "namespace"), namespace)}
	if own, ok := ref["group"].(string); ok { // a Service's is empty
		p.group = own
	}
	p.name, p.section, p.port = entry.Text(ref, "name"), entry.Text(ref, "sectionName"), entry.Number(ref["port"])
	return p
}

func (p parent) String() string {
	name := fmt.Sprintf("%s %s/%s", p.kind, p.namespace, p.name)
	if p.section != "" {
		name += " (" + p.section + ")"
	}
	return name
}

// report is what one controller says about a route and one of its parents.
type report struct {
	parent     parent
	conditions []map[string]any
	generation int64 // of the route as it is
}

// parents are those of a route, in order.
func parents(route *unstructured.Unstructured) []parent {
	var all []parent
	for _, ref := range entry.Lists(route.Object, "spec", "parentRefs") {
		all = append(all, parentOf(ref, route.GetNamespace()))
	}
	return all
}

// reports are what controllers say about a route and a parent. There may be several: what a controller wrote that is gone stays for ever.
func reports(route *unstructured.Unstructured, about parent) []report {
	var all []report
	for _, told := range entry.Lists(route.Object, "status", "parents") {
		ref, _ := told["parentRef"].(map[string]any)
		if p := parentOf(ref, route.GetNamespace()); p == about {
			all = append(all, report{parent: p, conditions: entry.Lists(told, "conditions"), generation: route.GetGeneration()})
		}
	}
	return all
}

func (r report) condition(kind string) map[string]any {
	for _, c := range r.conditions {
		if entry.Text(c, "type") == kind {
			return c
		}
	}
	return nil
}

// current tells whether a condition is about the route as it is. A controller that never says which generation it has seen is
// believed: nothing better will come.
func (r report) current(condition map[string]any) bool {
	seen := entry.Number(condition["observedGeneration"])
	return seen == 0 || seen == r.generation
}

// is tells whether a condition has a status now.
func (r report) is(kind, status string) bool {
	c := r.condition(kind)
	return c != nil && r.current(c) && entry.Text(c, "status") == status
}

// because is reason and message of a condition.
func because(condition map[string]any) string {
	if message := entry.Text(condition, "message"); message != "" {
		return entry.Text(condition, "reason") + ": " + message
	}
	return entry.Text(condition, "reason")
}
