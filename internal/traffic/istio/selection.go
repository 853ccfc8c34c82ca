package istio

import (
	"fmt"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// selective tells whether the Rollout says which routes of the VirtualService are its own.
func selective(vs v1alpha1.IstioVirtualService) bool {
	return len(vs.Routes)+len(vs.TLSRoutes)+len(vs.TCPRoutes) > 0
}

// pick is one route to be weighed. Implied ones were not named by the Rollout.
type pick struct {
	kind    string // http, tls or tcp
	route   map[string]any
	implied bool
}

// picks finds the routes to be weighed. Without names it is the only route of each kind. An implied route that does not
// hold our destinations is somebody else's, as long as another route is ours.
func (v *virtualService) picks() ([]pick, error) {
	var all []pick
	var problem error
	for _, kind := range []string{"http", "tls", "tcp"} {
		routes := entry.Lists(v.object.Object, "spec", kind)
		chosen, implied, err := v.choose(kind, routes)
		if err != nil && !implied {
			return nil, err
		}
		for _, route := range chosen {
			lacks := v.ours.lacks(route)
			if lacks != nil && !implied {
				return nil, v.refused(kind, lacks)
			}
			if lacks != nil {
				err = lacks
				continue
			}
			all = append(all, pick{kind, route, implied})
		}
		if err != nil && problem == nil {
			problem = v.refused(kind, err)
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	if problem == nil {
		problem = v.invalid("Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService: give it a route with a canary and a stable destination")
	}
	return nil, problem
}

func (v *virtualService) choose(kind string, routes []map[string]any) (chosen []map[string]any, implied bool, err error) {
	switch {
	case kind == "http" && len(v.named.Routes) > 0:
		chosen, err = v.namedRoutes(routes)
		return chosen, false, err
	case kind == "tls" && len(v.named.TLSRoutes) > 0:
		chosen, err = v.tlsRoutes(routes)
		return chosen, false, err
	case kind == "tcp" && len(v.named.TCPRoutes) > 0:
		chosen, err = v.tcpRoutes(routes)
		return chosen, false, err
	case len(routes) == 0:
		return nil, true, nil
	}
	chosen, err = v.onlyRoute(kind, routes)
	return chosen, true, err
}

func (v *virtualService) namedRoutes(routes []map[string]any) ([]map[string]any, error) {
	var chosen []map[string]any
	for i, name := range v.named.Routes {
		route := find(routes, name)
		if route == nil {
			text := fmt.Sprintf("HTTP Route '%s' is not found in the defined Virtual Service. Name one of its spec.http[] so, or list one that it has: %s", name, names(routes))
			return nil, v.invalidAt(v.named.path.Child("routes").Index(i), name, text)
		}
		chosen = append(chosen, route)
	}
	return chosen, nil
}

func (v *virtualService) tlsRoutes(routes []map[string]any) ([]map[string]any, error) {
	var chosen []map[string]any
	for i, wanted := range v.named.TLSRoutes {
		ours := slices.DeleteFunc(slices.Clone(routes), func(route map[string]any) bool { return !matchesTLS(route, wanted) })
		if len(ours) == 0 {
			text := "No matching TLS routes found in the defined Virtual Service. A route is matched by its only port and by exactly its sniHosts"
			return nil, v.invalidAt(v.named.path.Child("tlsRoutes").Index(i), describe(wanted), text)
		}
		chosen = append(chosen, ours...)
	}
	return chosen, nil
}

func (v *virtualService) tcpRoutes(routes []map[string]any) ([]map[string]any, error) {
	var chosen []map[string]any
	for i, wanted := range v.named.TCPRoutes {
		ours := slices.DeleteFunc(slices.Clone(routes), func(route map[string]any) bool { return !onlyPort(route, wanted.Port) })
		if len(ours) == 0 {
			text := "No matching TCP routes found in the defined Virtual Service. A route is matched by its only port"
			return nil, v.invalidAt(v.named.path.Child("tcpRoutes").Index(i), wanted.Port, text)
		}
		chosen = append(chosen, ours...)
	}
	return chosen, nil
}

// onlyRoute does not count managed routes: they come and go with the steps.
func (v *virtualService) onlyRoute(kind string, routes []map[string]any) ([]map[string]any, error) {
	candidates := slices.DeleteFunc(slices.Clone(routes), func(route map[string]any) bool {
		return kind == "http" && slices.Contains(v.want.Managed, entry.Text(route, "name"))
	})
	if len(candidates) == 1 {
		return candidates, nil
	}
	member := map[string]string{"http": "routes", "tls": "tlsRoutes", "tcp": "tcpRoutes"}[kind]
	return nil, fmt.Errorf("spec.%s[] should be set in VirtualService and it must have exactly one route when omitting %s.%s; it has %d: %s",
		kind, v.named.path, member, len(candidates), "say which are this Rollout's")
}

func matchesTLS(route map[string]any, wanted v1alpha1.TLSRoute) bool {
	if wanted.Port == 0 && len(wanted.SNIHosts) == 0 {
		return false
	}
	if wanted.Port != 0 && !onlyPort(route, wanted.Port) {
		return false
	}
	return len(wanted.SNIHosts) == 0 || slices.Equal(hosts(route), distinct(wanted.SNIHosts))
}

func onlyPort(route map[string]any, port int64) bool {
	found := map[int64]bool{}
	for _, match := range entry.Lists(route, "match") {
		if value, ok := match["port"]; ok {
			found[entry.Number(value)] = true
		}
	}
	return len(found) == 1 && found[port]
}

func hosts(route map[string]any) []string {
	var all []string
	for _, match := range entry.Lists(route, "match") {
		for _, host := range entry.List(match, "sniHosts") {
			name, _ := host.(string)
			all = append(all, name)
		}
	}
	return distinct(all)
}

func distinct(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

func names(routes []map[string]any) string {
	var all []string
	for _, route := range routes {
		if name := entry.Text(route, "name"); name != "" {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return "it has no named route"
	}
	return fmt.Sprint(all)
}

func describe(route v1alpha1.TLSRoute) string {
	return fmt.Sprintf("port %d, sniHosts %v", route.Port, route.SNIHosts)
}
