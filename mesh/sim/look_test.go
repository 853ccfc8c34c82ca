package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	envoy "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	gocmp "github.com/google/go-cmp/cmp"
)

// look is one VirtualService after a turn, and what Istio makes of it.
type look struct {
	turn
	mesh
	service object
}

func (l look) all(t *testing.T) {
	for i, route := range l.service.entries("spec", "http") {
		t.Run(fmt.Sprintf("route %d has the weights that are written", i), func(t *testing.T) { l.checkWritten(t, route) })
		if l.refused == "" && l.ours(route) {
			t.Run(fmt.Sprintf("route %d has the weights that were wanted", i), func(t *testing.T) { l.checkWanted(t, route) })
		}
	}
	for _, kind := range []string{"tcp", "tls"} {
		for i, route := range l.service.entries("spec", kind) {
			t.Run(fmt.Sprintf("%s route %d has the weights that are written", kind, i), func(t *testing.T) { l.checkStream(t, kind, route) })
		}
	}
	if l.refused != "" || !slices.ContainsFunc(l.service.entries("spec", "http"), l.ours) {
		return
	}
	for _, h := range l.want.Headers {
		t.Run("header route "+h.Name, func(t *testing.T) { l.checkHeader(t, h) })
	}
	for _, m := range l.want.Mirrors {
		t.Run("mirror route "+m.Name, func(t *testing.T) { l.checkMirror(t, m) })
	}
	for _, name := range l.want.Managed {
		t.Run("managed route "+name+" is there only if wanted", func(t *testing.T) { l.checkManaged(t, name) })
	}
}

// ours tells whether the Rollout weighs an HTTP route.
func (l look) ours(route object) bool {
	istio := l.rollout.Spec.Strategy.Canary.TrafficRouting.Istio
	services := istio.VirtualServices
	if istio.VirtualService != nil {
		services = append(services, *istio.VirtualService)
	}
	for _, s := range services {
		name, rest, _ := strings.Cut(s.Name, ".")
		namespace, _, _ := strings.Cut(rest, ".")
		if name != l.service.text("metadata", "name") || cmp.Or(namespace, l.rollout.Metadata.Namespace) != l.service.namespace() {
			continue
		}
		named := route.text("name")
		return len(s.Routes) == 0 && !slices.Contains(l.want.Managed, named) || slices.Contains(s.Routes, named)
	}
	return false
}

// choose asks for the route of a request that a match describes; its sourceLabels are the client's.
func (l look) choose(match object) choice {
	labels := map[string]string{}
	asked, _ := match["sourceLabels"].(map[string]any)
	for key, value := range asked {
		labels[key] = fmt.Sprint(value)
	}
	return choose(l.Routes(l.client("", labels)), l.request(match))
}

func (l look) request(match object) request {
	hosts, _ := l.service.at("spec", "hosts").([]any)
	r := request{port: "80", path: cmp.Or(sample(match["uri"]), "/"), headers: map[string]string{":method": cmp.Or(sample(match["method"]), "GET")}}
	if len(hosts) > 0 {
		r.host = fqdn(hosts[0].(string), l.service.namespace())
	}
	if port, ok := match["port"].(float64); ok {
		r.port = strconv.Itoa(int(port))
	}
	headers, _ := match["headers"].(map[string]any)
	for name, value := range headers {
		r.headers[strings.ToLower(name)] = sample(value)
	}
	return r
}

// sample is a text that a StringMatch accepts.
func sample(match any) string {
	m, _ := match.(map[string]any)
	for _, kind := range []string{"exact", "prefix", "regex"} {
		if text, ok := m[kind].(string); ok {
			return strings.NewReplacer(".*", "x", ".+", "x", "^", "", "$", "", "|", "").Replace(text)
		}
	}
	return ""
}

func (l look) cluster(destination object, port float64) string {
	if number, ok := destination.at("port", "number").(float64); ok {
		port = number
	}
	return "outbound|" + strconv.Itoa(int(port)) + "|" + destination.text("subset") + "|" + fqdn(destination.text("host"), l.service.namespace())
}

// first is the first match of a route; one without any fits all.
func first(route object) object {
	for _, match := range route.entries("match") {
		return match
	}
	return object{}
}

// checkWritten compares a route with Istio's: weights of 0 are gone, and a route behind one that fits all is never reached.
func (l look) checkWritten(t *testing.T, route object) {
	got := l.choose(first(route))
	if named := route.text("name"); got.name != named && !strings.HasPrefix(got.name, named+".") {
		if !l.before(route, got.name) {
			t.Errorf("its request takes %s", got)
		}
		return
	}
	want := l.written(route, 80)
	if diff := gocmp.Diff(want, got.shares); diff != "" && len(want) > 0 {
		t.Errorf("%s (-written +got):\n%s", got, diff)
	}
}

// written are the shares of a route's destinations by their clusters, on a port unless they name one; none if its weights are all 0.
func (l look) written(route object, port float64) map[string]int {
	weights := map[string]int{}
	for _, to := range route.entries("route") {
		weight, _ := to["weight"].(float64)
		weights[l.cluster(object(to["destination"].(map[string]any)), port)] += int(weight)
	}
	if len(weights) == 1 {
		for cluster := range weights {
			weights[cluster] = 1
		}
	}
	if sum(route) == 0 && len(weights) > 1 {
		return nil
	}
	return shares(weights)
}

// sum is that of a route's weights.
func sum(route object) int {
	all := 0
	for _, to := range route.entries("route") {
		weight, _ := to["weight"].(float64)
		all += int(weight)
	}
	return all
}

// before tells whether the route of that name stands before another one.
func (l look) before(route object, name string) bool {
	for _, other := range l.service.entries("spec", "http") {
		if gocmp.Equal(other, route) {
			return false
		}
		if other.text("name") == name {
			return true
		}
	}
	return false
}

// split is what a choice gives to whom.
type split struct{ canary, stable, additional, others int }

func (l look) split(c choice) split {
	var sum split
	for cluster, share := range c.shares {
		parts := strings.Split(cluster, "|")
		*l.part(&sum, parts[2], parts[3]) += share
	}
	return sum
}

// part is whose share a destination is.
func (l look) part(s *split, subset, host string) *int {
	spec, short := l.rollout.Spec.Strategy.Canary, shortOf(host)
	canarySubset, stableSubset := l.subsets()
	ruled := subset != "" && shortOf(host) == shortOf(l.rule().text("spec", "host"))
	switch {
	case ruled && subset == canarySubset, subset == "" && short == cmp.Or(l.want.Canary.Service, spec.CanaryService):
		return &s.canary
	case ruled && subset == stableSubset, subset == "" && short == cmp.Or(l.want.Stable.Service, spec.StableService):
		return &s.stable
	case ruled && slices.Contains(l.spared(), subset), slices.ContainsFunc(l.want.Additional, func(d destination) bool { return d.Service == short }):
		return &s.additional
	}
	return &s.others
}

func shortOf(host string) string {
	name, _, _ := strings.Cut(host, ".")
	return name
}

// checkWanted compares Istio's shares with the Routing: what others hold in the route stays theirs, what is additional is taken from
// stable's share, and the rest is the canary's as it was wanted.
func (l look) checkWanted(t *testing.T, route object) {
	got := l.choose(first(route))
	has := l.split(got)
	// Additional subsets may bring the sum over 100; Istio takes weights in proportion.
	canary := l.want.Canary.Weight * (10_000 - has.others) / sum(route)
	stable := 10_000 - has.others - has.additional - canary
	for who, pair := range map[string][2]int{"canary": {canary, has.canary}, "stable": {stable, has.stable}} {
		if want, is := pair[0], pair[1]; max(want, is)-min(want, is) >= 100 {
			t.Errorf("%s has %d hundredths of a percent, want %d: %s", who, is, want, got)
		}
	}
}

func (l look) checkHeader(t *testing.T, h headerRoute) {
	for _, m := range h.Match {
		name := strings.ToLower(m.HeaderName)
		value := map[string]any{}
		for kind, text := range m.HeaderValue {
			value[kind] = text
		}
		got := l.choose(object{"headers": map[string]any{name: value}})
		if l.split(got).canary != 10_000 {
			t.Errorf("with %s it takes %s", name, got)
		}
		without := l.choose(object{"headers": map[string]any{name: map[string]any{"exact": "something-else"}}})
		if without.name == h.Name {
			t.Errorf("with another value it takes %s", without)
		}
	}
}

func (l look) checkMirror(t *testing.T, m mirrorRoute) {
	percentage := 100
	if m.Percentage != nil {
		percentage = *m.Percentage
	}
	for _, match := range m.Match {
		got := l.choose(l.matchOf(match))
		plain := l.choose(object{})
		if diff := gocmp.Diff(plain.shares, got.shares); diff != "" {
			t.Errorf("it answers otherwise than the weighted route (-weighted +mirror):\n%s", diff)
		}
		if len(got.mirrors) != 1 {
			t.Fatalf("copies go to %v", got.mirrors)
		}
		for cluster, part := range got.mirrors {
			if l.split(choice{shares: map[string]int{cluster: 1}}).canary == 0 || part != percentage*10_000 {
				t.Errorf("%d of a million requests are copied to %s, want %d", part, cluster, percentage*10_000)
			}
		}
	}
}

// matchOf is the match of a step in Istio's words.
func (l look) matchOf(step object) object {
	match := object{"method": step["method"], "uri": step["path"], "headers": step["headers"]}
	return match
}

func (l look) checkManaged(t *testing.T, name string) {
	wanted := slices.ContainsFunc(l.want.Headers, func(h headerRoute) bool { return h.Name == name && len(h.Match) > 0 }) ||
		slices.ContainsFunc(l.want.Mirrors, func(m mirrorRoute) bool { return m.Name == name && len(m.Match) > 0 })
	found := false
	for _, c := range l.Routes(l.client("", nil)) {
		for _, host := range c.VirtualHosts {
			found = found || slices.Contains(host.Domains, l.request(object{}).host) && slices.ContainsFunc(host.Routes, func(r *envoy.Route) bool { return r.Name == name })
		}
	}
	if found != wanted {
		t.Errorf("there: %v, wanted: %v", found, wanted)
	}
}
