package gateway

import "strings"

// virtualService is the part of a VirtualService that the gateway reads.
type virtualService struct {
	Metadata metadata
	Spec     struct {
		Hosts []string
		HTTP  []struct {
			Match []struct {
				URI, Method, Authority *istioMatch
				Headers                map[string]istioMatch
				WithoutHeaders         map[string]istioMatch
				SourceLabels           map[string]string
			}
			Route []struct {
				Destination struct {
					Host, Subset string
					Port         struct{ Number int32 }
				}
				Weight int
			}
		}
	}
}

type metadata struct {
	Name, Namespace   string
	CreationTimestamp string
	Annotations       map[string]string
}

type istioMatch struct{ Exact, Prefix, Regex string }

func (m istioMatch) test() test {
	switch {
	case m.Exact != "":
		return exact(m.Exact)
	case m.Prefix != "":
		return prefix(m.Prefix)
	case m.Regex != "":
		return matching(m.Regex)
	}
	return present
}

func testOf(m *istioMatch) test {
	if m == nil {
		return nil
	}
	return m.test()
}

func testsOf(all map[string]istioMatch) map[string]test {
	tests := map[string]test{}
	for name, m := range all {
		tests[name] = m.test()
	}
	return tests
}

type destinationRule struct {
	Metadata metadata
	Spec     struct {
		Host    string
		Subsets []struct {
			Name   string
			Labels map[string]string
		}
	}
}

// subsets are the labels of each subset, by namespace/service/subset.
type subsets map[string]map[string]string

func subsetsOf(rules []destinationRule) subsets {
	all := subsets{}
	for _, r := range rules {
		namespace, name := serviceOf(r.Spec.Host, r.Metadata.Namespace)
		for _, s := range r.Spec.Subsets {
			all[namespace+"/"+name+"/"+s.Name] = s.Labels
		}
	}
	return all
}

// labels of a subset of b; one that no DestinationRule names has labels that no pod has.
func (s subsets) labels(b backend, name string) map[string]string {
	if found, ok := s[b.namespace+"/"+b.service+"/"+name]; ok {
		return found
	}
	return map[string]string{"lab.kanari.dev/unknown-subset": name}
}

func (v virtualService) site(subsets subsets) site {
	s := site{hosts: v.hosts()}
	for _, h := range v.Spec.HTTP {
		var r route
		for _, m := range h.Match {
			r.matches = append(r.matches, match{
				path: testOf(m.URI), method: testOf(m.Method), authority: testOf(m.Authority),
				headers: testsOf(m.Headers), without: testsOf(m.WithoutHeaders), source: m.SourceLabels,
			})
		}
		for _, d := range h.Route {
			b := backend{port: d.Destination.Port.Number, weight: d.Weight}
			b.namespace, b.service = serviceOf(d.Destination.Host, v.Metadata.Namespace)
			if d.Destination.Subset != "" {
				b.labels = subsets.labels(b, d.Destination.Subset)
			}
			if len(h.Route) == 1 {
				b.weight = 1 // a lone destination needs no weight
			}
			r.backends = append(r.backends, b)
		}
		s.routes = append(s.routes, r)
	}
	return s
}

// hosts are the names as callers write them: a short name is also its Service's long names.
func (v virtualService) hosts() []string {
	var hosts []string
	for _, h := range v.Spec.Hosts {
		h = strings.ToLower(h)
		hosts = append(hosts, h)
		if !strings.Contains(h, ".") && h != "*" {
			hosts = append(hosts, serviceNames(v.Metadata.Namespace, h)...)
		}
	}
	return hosts
}
