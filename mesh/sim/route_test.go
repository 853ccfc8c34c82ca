package sim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcher "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// request is what routes look at.
type request struct {
	host, port, path string
	headers          map[string]string // names in lower case; :method is one
}

// choice is the route that a proxy takes.
type choice struct {
	name string
	// shares of the clusters, in hundredths of a percent: a route may add up to anything.
	shares map[string]int
	// mirrors are the clusters that get copies, and for how many of a million requests.
	mirrors map[string]int
}

func (c choice) String() string { return fmt.Sprintf("%q %s", c.name, shown(c.shares)) }

func shown(shares map[string]int) string {
	var all []string
	for _, cluster := range slices.Sorted(maps.Keys(shares)) {
		all = append(all, fmt.Sprintf("%s %d.%02d %%", cluster, shares[cluster]/100, shares[cluster]%100))
	}
	return strings.Join(all, ", ")
}

// choose takes the first route that fits, as a proxy does; Istio's own simulation looks at neither headers nor weights.
func choose(configurations []*route.RouteConfiguration, r request) choice {
	for _, c := range configurations {
		if c.Name != r.port {
			continue
		}
		for _, host := range c.VirtualHosts {
			if !slices.Contains(host.Domains, r.host) {
				continue
			}
			for _, candidate := range host.Routes {
				if fits(candidate.Match, r) {
					return chosen(candidate)
				}
			}
		}
	}
	return choice{name: "no route"}
}

func chosen(r *route.Route) choice {
	to := r.GetRoute()
	weights := map[string]uint32{}
	if cluster := to.GetCluster(); cluster != "" {
		weights[cluster] = 1
	}
	for _, w := range to.GetWeightedClusters().GetClusters() {
		weights[w.Name] += w.Weight.GetValue()
	}
	c := choice{name: r.Name, shares: shares(weights), mirrors: map[string]int{}}
	for _, m := range to.GetRequestMirrorPolicies() {
		c.mirrors[m.Cluster] = int(m.GetRuntimeFraction().GetDefaultValue().GetNumerator())
	}
	return c
}

func shares[N int | uint32](weights map[string]N) map[string]int {
	var sum int
	for _, w := range weights {
		sum += int(w)
	}
	all := map[string]int{}
	for cluster, w := range weights {
		if w > 0 {
			all[cluster] = int(w) * 10_000 / sum
		}
	}
	return all
}

func fits(m *route.RouteMatch, r request) bool {
	switch p := m.PathSpecifier.(type) {
	case *route.RouteMatch_Prefix:
		if !strings.HasPrefix(r.path, p.Prefix) {
			return false
		}
	case *route.RouteMatch_PathSeparatedPrefix:
		if rest, ok := strings.CutPrefix(r.path, p.PathSeparatedPrefix); !ok || rest != "" && rest[0] != '/' {
			return false
		}
	case *route.RouteMatch_Path:
		if r.path != p.Path {
			return false
		}
	case *route.RouteMatch_SafeRegex:
		if !whole(p.SafeRegex.Regex, r.path) {
			return false
		}
	default:
		panic(fmt.Sprintf("a path of the kind %T", p))
	}
	return !slices.ContainsFunc(m.Headers, func(h *route.HeaderMatcher) bool { return !headerFits(h, r) })
}

func headerFits(h *route.HeaderMatcher, r request) bool {
	value, there := r.headers[strings.ToLower(h.Name)]
	var ok bool
	switch p := h.HeaderMatchSpecifier.(type) {
	case *route.HeaderMatcher_StringMatch:
		ok = there && textFits(p.StringMatch, value)
	case *route.HeaderMatcher_PresentMatch:
		ok = there == p.PresentMatch
	default:
		panic(fmt.Sprintf("a header of the kind %T", p))
	}
	return ok != h.InvertMatch
}

func textFits(m *matcher.StringMatcher, value string) bool {
	switch p := m.MatchPattern.(type) {
	case *matcher.StringMatcher_Exact:
		return value == p.Exact
	case *matcher.StringMatcher_Prefix:
		return strings.HasPrefix(value, p.Prefix)
	case *matcher.StringMatcher_SafeRegex:
		return whole(p.SafeRegex.Regex, value)
	default:
		panic(fmt.Sprintf("a text of the kind %T", p))
	}
}

func whole(pattern, value string) bool {
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(value)
}
