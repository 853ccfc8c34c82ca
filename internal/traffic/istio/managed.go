package istio

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// manageRoutes puts the wanted header and mirror routes in front, in the order of Managed, removes the managed ones that are not
// wanted, and leaves all others in place. A VirtualService of which we weigh no HTTP route gets none, but loses what is left over.
func (v *virtualService) manageRoutes(weighted map[string]any) {
	before := entry.List(v.object.Object, "spec", "http")
	if before == nil {
		return
	}
	order, made := v.made(weighted)
	after := make([]any, 0, len(before)+len(order))
	for _, name := range order {
		if route := made[name]; route != nil {
			after = append(after, kept(before, name, route))
		}
	}
	for _, raw := range before {
		route, _ := raw.(map[string]any)
		if name := entry.Text(route, "name"); name == "" || !slices.Contains(order, name) {
			after = append(after, raw)
		}
	}
	v.object.Object["spec"].(map[string]any)["http"] = after
}

// made returns the wanted routes by name, and every managed name in order.
func (v *virtualService) made(weighted map[string]any) (order []string, made map[string]map[string]any) {
	order, made = slices.Clone(v.want.Managed), map[string]map[string]any{}
	if weighted == nil {
		return order, made
	}
	for _, h := range v.want.Headers {
		order = with(order, h.Name)
		if len(h.Match) > 0 {
			made[h.Name] = v.headerRoute(h, weighted)
		}
	}
	for _, m := range v.want.Mirrors {
		order = with(order, m.Name)
		if len(m.Match) > 0 {
			made[m.Name] = v.mirrorRoute(m, weighted)
		}
	}
	return order, made
}

func with(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// kept prefers the route that is there already if it says the same, whichever way its numbers were decoded.
func kept(before []any, name string, route map[string]any) any {
	for _, raw := range before {
		if there, ok := raw.(map[string]any); ok && entry.Text(there, "name") == name && entry.Same(there, route) {
			return there
		}
	}
	return route
}

func (v *virtualService) headerRoute(h v1alpha1.SetHeaderRoute, weighted map[string]any) map[string]any {
	var matches []any
	for _, m := range h.Match {
		matches = append(matches, map[string]any{"headers": map[string]any{m.HeaderName: stringMatch(m.HeaderValue)}})
	}
	to := map[string]any{"destination": v.canaryDestination(weighted), "weight": int64(whole)}
	return map[string]any{"name": h.Name, "match": matches, "route": []any{to}}
}

// mirrorRoute answers as the weighted route does, and sends a copy to the canary.
func (v *virtualService) mirrorRoute(m v1alpha1.SetMirrorRoute, weighted map[string]any) map[string]any {
	var matches []any
	for _, match := range m.Match {
		matches = append(matches, requestMatch(match))
	}
	percentage := int64(100)
	if m.Percentage != nil {
		percentage = int64(*m.Percentage)
	}
	return map[string]any{
		"name":             m.Name,
		"match":            matches,
		"route":            runtime.DeepCopyJSONValue(weighted["route"]),
		"mirror":           v.canaryDestination(weighted),
		"mirrorPercentage": map[string]any{"value": percentage},
	}
}

func requestMatch(match v1alpha1.RouteMatch) map[string]any {
	all := map[string]any{}
	if match.Method != nil {
		all["method"] = stringMatch(match.Method)
	}
	if match.Path != nil {
		all["uri"] = stringMatch(match.Path)
	}
	if len(match.Headers) > 0 {
		headers := map[string]any{}
		for name, value := range match.Headers {
			headers[name] = stringMatch(&value)
		}
		all["headers"] = headers
	}
	return all
}

func stringMatch(m *v1alpha1.StringMatch) map[string]any {
	switch {
	case m == nil:
		return map[string]any{}
	case m.Exact != "":
		return map[string]any{"exact": m.Exact}
	case m.Regex != "":
		return map[string]any{"regex": m.Regex}
	default:
		return map[string]any{"prefix": m.Prefix}
	}
}

// canaryDestination is on the port that the first destination of the weighted route has. A short host means another Service in
// another namespace, so a VirtualService from there gets the host that its own weighted route has.
func (v *virtualService) canaryDestination(weighted map[string]any) map[string]any {
	to := map[string]any{"host": v.ours.canary}
	if v.ours.canarySubset != "" {
		to = map[string]any{"host": v.ours.host, "subset": v.ours.canarySubset}
	}
	destinations := entry.Lists(weighted, "route")
	if port, ok := destination(destinations[0])["port"].(map[string]any); ok {
		to["port"] = runtime.DeepCopyJSON(port)
	}
	if v.object.GetNamespace() == v.home {
		return to
	}
	for _, d := range destinations {
		if own := destination(d); v.ours.role(own, nil) == canary && entry.Text(own, "host") != "" {
			to["host"] = entry.Text(own, "host")
		}
	}
	return to
}
