package gateway

import "strings"

// backend is where requests may go.
type backend struct {
	namespace, service string
	port               int32             // of the Service; 0: its first
	labels             map[string]string // of a subset
	weight             int
}

// route sends requests that fit any of its matches (or all requests if it has none) to its backends by weight.
type route struct {
	matches  []match
	backends []backend
}

func (r route) fits(q request) bool {
	for _, m := range r.matches {
		if m.fits(q) {
			return true
		}
	}
	return len(r.matches) == 0
}

// site is what one object, or all Ingresses of a host, say about some hosts. The first route that fits is taken.
type site struct {
	hosts  []string // lower case; * stands for any beginning
	routes []route
}

// table is all sites, those with precedence first.
type table []site

// find returns the backends for a request. A host that a site claims is not offered to later sites, even when none of
// its routes fits.
func (t table) find(q request) (backends []backend, claimed bool) {
	for _, s := range t.claiming(q.host) {
		for _, r := range s.routes {
			if r.fits(q) {
				return r.backends, true
			}
		}
		claimed = true
	}
	return nil, claimed
}

// claiming returns the sites with the most exact claim to a host: the host itself before patterns, long before short.
func (t table) claiming(host string) []site {
	var best []site
	length := -1
	for _, s := range t {
		l := s.claim(host)
		switch {
		case l < 0 || l < length:
		case l == length:
			best = append(best, s)
		default:
			best, length = []site{s}, l
		}
	}
	return best
}

const exactClaim = 1 << 10 // longer than any host

// claim is how exactly the site names the host; negative: not at all.
func (s site) claim(host string) int {
	longest := -1
	for _, h := range s.hosts {
		if h == host {
			return exactClaim
		}
		if rest, ok := strings.CutPrefix(h, "*"); ok && strings.HasSuffix(host, rest) {
			longest = max(longest, len(rest))
		}
	}
	return longest
}

// choose picks a backend by weight; dice is from 0 up to, not including, 1.
func choose(backends []backend, dice float64) (backend, bool) {
	total := 0
	for _, b := range backends {
		total += b.weight
	}
	point := dice * float64(total)
	for _, b := range backends {
		if point -= float64(b.weight); point < 0 {
			return b, true
		}
	}
	return backend{}, false
}

// serviceNames are all names under which a Service is called from its own namespace and from others.
func serviceNames(namespace, name string) []string {
	full := name + "." + namespace
	return []string{full, full + ".svc", full + ".svc.cluster.local"}
}

// serviceOf reads a Service's name as written by an object in home.
func serviceOf(host, home string) (namespace, name string) {
	parts := strings.Split(host, ".")
	if len(parts) == 1 {
		return home, host
	}
	return parts[1], parts[0]
}
