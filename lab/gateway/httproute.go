package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// httpRoute is the part of an HTTPRoute that the gateway reads.
type httpRoute struct {
	Metadata metadata
	Spec     struct {
		Hostnames  []string
		ParentRefs []struct{ Kind, Name, Namespace string }
		Rules      []struct {
			Matches     []httpRouteMatch
			BackendRefs []struct {
				Name, Namespace string
				Port            int32
				Weight          *int
			}
		}
	}
}

type httpRouteMatch struct {
	Path    *struct{ Type, Value string }
	Method  string
	Headers []struct{ Type, Name, Value string }
}

// ranked is one match of a route with what the Gateway API compares: the more exact match goes first.
type ranked struct {
	route
	exactPath, path, method, headers int
}

func (h httpRoute) site() site {
	s := site{hosts: h.hosts()}
	var all []ranked
	for _, rule := range h.Spec.Rules {
		var backends []backend
		for _, ref := range rule.BackendRefs {
			b := backend{namespace: cmp.Or(ref.Namespace, h.Metadata.Namespace), service: ref.Name, port: ref.Port, weight: 1}
			if ref.Weight != nil {
				b.weight = *ref.Weight
			}
			backends = append(backends, b)
		}
		for _, m := range rule.Matches {
			r := m.rank()
			r.backends = backends
			all = append(all, r)
		}
		if len(rule.Matches) == 0 {
			all = append(all, ranked{route: route{backends: backends}})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		return -cmp.Or(cmp.Compare(a.exactPath, b.exactPath), cmp.Compare(a.path, b.path),
			cmp.Compare(a.method, b.method), cmp.Compare(a.headers, b.headers))
	})
	for _, r := range all {
		s.routes = append(s.routes, r.route)
	}
	return s
}

func (m httpRouteMatch) rank() ranked {
	r := ranked{headers: len(m.Headers)}
	one := match{headers: map[string]test{}}
	if m.Path != nil {
		r.path = len(m.Path.Value)
		switch m.Path.Type {
		case "Exact":
			one.path, r.exactPath = exact(m.Path.Value), 1
		case "RegularExpression":
			one.path = matching(m.Path.Value)
		default:
			one.path = folder(m.Path.Value)
		}
	}
	if m.Method != "" {
		one.method, r.method = exact(m.Method), 1
	}
	for _, h := range m.Headers {
		one.headers[h.Name] = exact(h.Value)
		if h.Type == "RegularExpression" {
			one.headers[h.Name] = matching(h.Value)
		}
	}
	r.matches = []match{one}
	return r
}

// hosts are the route's own names, those of the Services it is attached to, or all.
func (h httpRoute) hosts() []string {
	var hosts []string
	for _, name := range h.Spec.Hostnames {
		hosts = append(hosts, strings.ToLower(name))
	}
	for _, p := range h.Spec.ParentRefs {
		if p.Kind == "Service" {
			hosts = append(hosts, p.Name)
			hosts = append(hosts, serviceNames(cmp.Or(p.Namespace, h.Metadata.Namespace), p.Name)...)
		}
	}
	if len(hosts) == 0 {
		return []string{"*"}
	}
	return hosts
}
