package gateway

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// ingress is the part of an Ingress that the gateway reads.
type ingress struct {
	Metadata metadata
	Spec     struct {
		DefaultBackend *ingressBackend
		Rules          []struct {
			Host string
			HTTP struct {
				Paths []struct {
					Path, PathType string
					Backend        ingressBackend
				}
			}
		}
	}
}

type ingressBackend struct {
	Service struct {
		Name string
		Port struct{ Number int32 }
	}
}

// place is one path of one host.
type place struct {
	host, path string
	exact      bool
}

const nginx = "nginx.ingress.kubernetes.io/"

func (i ingress) note(name string) string { return i.Metadata.Annotations[nginx+name] }

func (i ingress) isCanary() bool { return i.note("canary") == "true" }

// places are all places an Ingress speaks of, with their backends.
func (i ingress) places() map[place]backend {
	all := map[place]backend{}
	for _, r := range i.Spec.Rules {
		for _, p := range r.HTTP.Paths {
			all[place{strings.ToLower(r.Host), cmp.Or(p.Path, "/"), p.PathType == "Exact"}] = i.backend(p.Backend)
		}
	}
	if i.Spec.DefaultBackend != nil {
		all[place{path: "/"}] = i.backend(*i.Spec.DefaultBackend)
	}
	return all
}

func (i ingress) backend(b ingressBackend) backend {
	return backend{namespace: i.Metadata.Namespace, service: b.Service.Name, port: b.Service.Port.Number, weight: 1}
}

// ingressSites merges all Ingresses: a canary adds its routes in front of those of the main Ingress of the same place.
func ingressSites(all []ingress) []site {
	canaries := map[place][]ingress{}
	for _, i := range all {
		if !i.isCanary() {
			continue
		}
		for p := range i.places() {
			canaries[p] = append(canaries[p], i)
		}
	}
	byHost := map[string]map[place][]route{}
	for _, i := range all {
		if i.isCanary() {
			continue
		}
		for p, main := range i.places() {
			if byHost[p.host] == nil {
				byHost[p.host] = map[place][]route{}
			}
			byHost[p.host][p] = routesAt(p, main, canaries[p])
		}
	}
	var sites []site
	for host, routes := range byHost {
		sites = append(sites, site{hosts: []string{cmp.Or(host, "*")}, routes: inOrder(routes)})
	}
	return sites
}

// inOrder puts exact paths before prefixes and long ones before short ones.
func inOrder(places map[place][]route) []route {
	keys := make([]place, 0, len(places))
	for p := range places {
		keys = append(keys, p)
	}
	slices.SortFunc(keys, func(a, b place) int {
		if a.exact != b.exact {
			return map[bool]int{true: -1, false: 1}[a.exact]
		}
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.path, b.path))
	})
	var routes []route
	for _, p := range keys {
		routes = append(routes, places[p]...)
	}
	return routes
}

// routesAt are the routes of one place: first what a canary's header and cookie decide, then its weight.
func routesAt(p place, main backend, canaries []ingress) []route {
	path := folder(p.path)
	if p.exact {
		path = exact(p.path)
	}
	if len(canaries) == 0 {
		return []route{{matches: []match{{path: path}}, backends: []backend{main}}}
	}
	i := canaries[0] // nginx takes one canary for a place, too
	canary := i.places()[p]
	routes := i.decided(path, main, canary)
	return append(routes, route{matches: []match{{path: path}}, backends: i.weighted(main, canary)})
}

// decided are the routes of the canary's header and cookie, which go before its weight.
func (i ingress) decided(path test, main, canary backend) []route {
	var routes []route
	to := func(b backend, headers map[string]test) {
		routes = append(routes, route{matches: []match{{path: path, headers: headers}}, backends: []backend{b}})
	}
	if name := i.note("canary-by-header"); name != "" {
		switch value, pattern := i.note("canary-by-header-value"), i.note("canary-by-header-pattern"); {
		case value != "":
			to(canary, map[string]test{name: exact(value)})
		case pattern != "":
			to(canary, map[string]test{name: matching(".*" + pattern + ".*")})
		default:
			to(canary, map[string]test{name: exact("always")})
			to(main, map[string]test{name: exact("never")})
		}
	}
	if name := i.note("canary-by-cookie"); name != "" {
		to(canary, map[string]test{"Cookie": cookie(name, "always")})
		to(main, map[string]test{"Cookie": cookie(name, "never")})
	}
	return routes
}

// cookie tests a Cookie header for one cookie.
func cookie(name, value string) test {
	return func(header string) bool {
		for c := range strings.SplitSeq(header, ";") {
			if strings.TrimSpace(c) == name+"="+value {
				return true
			}
		}
		return false
	}
}

// weighted shares requests between both; a weight that is absent or no number is 0.
func (i ingress) weighted(main, canary backend) []backend {
	total, err := strconv.Atoi(i.note("canary-weight-total"))
	if err != nil || total <= 0 {
		total = 100
	}
	weight, err := strconv.Atoi(i.note("canary-weight"))
	if err != nil {
		weight = 0
	}
	canary.weight = min(max(weight, 0), total)
	main.weight = total - canary.weight
	return []backend{main, canary}
}
