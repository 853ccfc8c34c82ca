package alb

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// byAnnotation is the port name by which a path says that its backend stands in an annotation.
const byAnnotation = "use-annotation"

// edit is one Ingress while it is edited. The object is a copy of its own.
type edit struct {
	ro     *v1alpha1.Rollout
	object *unstructured.Unstructured
	want   traffic.Routing
}

func (e edit) render() {
	annotations := e.object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	books := booksOf(annotations, e.ro.Name)
	former := slices.Concat(e.want.Managed, e.formerRoutes(books))
	wanted := e.wanted()
	for _, name := range former {
		delete(annotations, e.key("actions", name))
		delete(annotations, e.key("conditions", name))
	}
	before := e.object.GetAnnotations()
	keys := []string{actionKey(e.ro)}
	shares := append(append([]traffic.Destination{e.want.Canary}, e.want.Additional...), e.want.Stable)
	annotations[keys[0]] = written(before[keys[0]], forward(routing(e.ro), shares...), action.plain)
	for _, route := range wanted {
		does, holds := e.key("actions", route.Name), e.key("conditions", route.Name)
		toCanary := traffic.Destination{Service: e.want.Canary.Service, Weight: 100}
		annotations[does] = written(before[does], forward(routing(e.ro), toCanary), action.plain)
		annotations[holds] = written(before[holds], conditions(route.Match), asIs)
		keys = append(keys, does, holds)
	}
	books.write(annotations, keys)
	e.object.SetAnnotations(annotations)
	e.paths(wanted, former)
}

func (e edit) key(word, service string) string { return prefix(e.ro) + "/" + word + "." + service }

// wanted are the header routes in the order of the managed ones.
func (e edit) wanted() []v1alpha1.SetHeaderRoute {
	var all []v1alpha1.SetHeaderRoute
	for _, route := range e.want.Headers {
		if len(route.Match) > 0 {
			all = append(all, route)
		}
	}
	slices.SortStableFunc(all, func(a, b v1alpha1.SetHeaderRoute) int {
		return slices.Index(e.want.Managed, a.Name) - slices.Index(e.want.Managed, b.Name)
	})
	return all
}

// paths puts the header routes in front of each rule that leads to our Service, one for each path by which it does: what does not reach
// this Rollout without a header does not with one.
func (e edit) paths(wanted []v1alpha1.SetHeaderRoute, former []string) {
	for _, rule := range entry.Lists(e.object.Object, "spec", "rules") {
		before := entry.List(rule, "http", "paths")
		var after []any
		for _, route := range wanted {
			after = append(after, headerPaths(before, Root(e.ro), route.Name)...)
		}
		for _, path := range before {
			if !managed(path, former) && !managed(path, names(wanted)) {
				after = append(after, path)
			}
		}
		if len(before) > 0 && !entry.Same(before, after) {
			rule["http"].(map[string]any)["paths"] = after
		}
	}
}

func headerPaths(paths []any, root, route string) []any {
	var all []any
	for _, raw := range paths {
		path, _ := raw.(map[string]any)
		if service(raw) != root {
			continue
		}
		made := map[string]any{"backend": map[string]any{"service": map[string]any{"name": route, "port": map[string]any{"name": byAnnotation}}}}
		for _, key := range []string{"path", "pathType"} {
			if value, ok := path[key]; ok {
				made[key] = value
			}
		}
		all = append(all, made)
	}
	return all
}

// managed tells a path of a managed route from one that leads to a Service that happens to have its name.
func managed(path any, names []string) bool {
	return slices.Contains(names, service(path)) && asksAnnotation(path)
}

func asksAnnotation(path any) bool {
	fields, _ := path.(map[string]any)
	return entry.Text(fields, "backend", "service", "port", "name") == byAnnotation
}

func service(path any) string {
	fields, _ := path.(map[string]any)
	return entry.Text(fields, "backend", "service", "name")
}

func names(routes []v1alpha1.SetHeaderRoute) []string {
	var all []string
	for _, route := range routes {
		all = append(all, route.Name)
	}
	return all
}

func (e edit) leadsTo(name string) bool {
	for _, rule := range entry.Lists(e.object.Object, "spec", "rules") {
		if slices.ContainsFunc(entry.List(rule, "http", "paths"), func(path any) bool { return service(path) == name }) {
			return true
		}
	}
	return false
}
