package istio

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// virtualService looks at the routes that are the Rollout's, and at what becomes of the requests that they do not match.
func (i *inspection) virtualService(named namedService, object *unstructured.Unstructured) {
	edit := virtualService{named: named, home: i.ro.Namespace, object: object, ours: i.ours, want: traffic.Routing{Managed: i.managed()}}
	picks, err := edit.picks()
	if err != nil {
		i.mistaken(&edit)
		return
	}
	for _, kind := range []string{"http", "tls", "tcp"} {
		for n, route := range entry.Lists(object.Object, "spec", kind) {
			if slices.ContainsFunc(picks, func(p pick) bool { return same(p.route, route) }) {
				at := fmt.Sprintf("spec.%s[%d].route", kind, n)
				i.weights(at, route)
				i.hosts(at, route)
			}
		}
	}
	i.unmatched(object)
	i.overtaken(object, picks)
	i.elsewhere(object)
}

func (i *inspection) managed() []string {
	var all []string
	for _, route := range i.ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
		all = append(all, route.Name)
	}
	return all
}

// same tells whether two maps are one and the same, not merely equal.
func same(a, b map[string]any) bool {
	return a != nil && b != nil && reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// mistaken explains a route that lacks the canary or stable Service by the host that stands in its place. It blocks, as Render does for the
// Service that is missing: requests would go on to a name that is not the Rollout's.
func (i *inspection) mistaken(edit *virtualService) {
	if i.ours.host != "" {
		return
	}
	for _, kind := range []string{"http", "tls", "tcp"} {
		routes := entry.Lists(edit.object.Object, "spec", kind)
		chosen, _, err := edit.choose(kind, routes)
		if err != nil {
			continue
		}
		for n, route := range routes {
			if slices.ContainsFunc(chosen, func(c map[string]any) bool { return same(c, route) }) {
				i.inItsPlace(fmt.Sprintf("spec.%s[%d].route", kind, n), route)
			}
		}
	}
}

func (i *inspection) inItsPlace(at string, route map[string]any) {
	destinations := entry.Lists(route, "route")
	for _, service := range []string{i.ours.canary, i.ours.stable} {
		has := func(d map[string]any) bool { return short(entry.Text(destination(d), "host")) == service }
		if service == "" || slices.ContainsFunc(destinations, has) {
			continue
		}
		i.strangers(at, destinations, service)
	}
}

// strangers are the hosts that were probably meant for a Service that is missing; where none looks like it, the first that is foreign.
func (i *inspection) strangers(at string, destinations []map[string]any, missing string) {
	foreigners, alike := []int{}, []int{}
	for n, d := range destinations {
		if i.ours.role(destination(d), nil) != foreign {
			continue
		}
		foreigners = append(foreigners, n)
		if near(short(entry.Text(destination(d), "host")), missing) {
			alike = append(alike, n)
		}
	}
	remedy := fmt.Sprintf("Did you mean %q?", missing)
	if len(alike) == 0 {
		alike = foreigners[:min(1, len(foreigners))]
		remedy = fmt.Sprintf("Name %q in its place, or beside it", missing)
	}
	for _, n := range alike {
		i.block(codeUnknownHost, fmt.Sprintf("%s[%d].destination.host", at, n), fmt.Sprintf(
			"%q is no Service of the Rollout, and its Service %q is missing in this route: the weights of a delivery would not reach its pods. %s",
			entry.Text(destination(destinations[n]), "host"), missing, remedy))
	}
}

// weights are told: the first write makes them 100 again, and Istio takes any sum as the whole until then.
func (i *inspection) weights(at string, route map[string]any) {
	destinations, sum := entry.Lists(route, "route"), int64(0)
	for _, d := range destinations {
		sum += entry.Number(d["weight"])
	}
	if sum == whole || len(destinations) < 2 {
		return
	}
	i.tell(codeWeights, at, fmt.Sprintf(
		"the weights add up to %d, not 100: until this Rollout writes them, Istio takes %d as the whole, so shares differ from what they say. Write weights that add up to 100", sum, sum))
}

// hosts are told: somebody may mean the other Service.
func (i *inspection) hosts(at string, route map[string]any) {
	for n, d := range entry.Lists(route, "route") {
		host := entry.Text(destination(d), "host")
		path := fmt.Sprintf("%s[%d].destination.host", at, n)
		if i.ours.role(destination(d), nil) != foreign {
			i.namespace(path, host)
			continue
		}
		for _, service := range []string{i.ours.canary, i.ours.stable} {
			if near(short(host), service) && entry.Number(d["weight"]) > 0 {
				i.tell(codeUnknownHost, path, fmt.Sprintf(
					"%q gets %d %% of the requests and is no Service of the Rollout, so it keeps them through every step. If %q was meant, correct the name", host, entry.Number(d["weight"]), service))
			}
		}
	}
}

// namespace is told: a Service of that name may stand there on purpose and lead back.
func (i *inspection) namespace(at, host string) {
	name, rest, qualified := strings.Cut(host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	if !qualified {
		namespace = i.object.Namespace
	}
	if host == "" || namespace == i.ro.Namespace || strings.HasPrefix(host, "*") {
		return
	}
	i.tell(codeNamespace, at, fmt.Sprintf("Istio reads %q as Service %s of namespace %s, and the Rollout's is in %s: requests do not reach its pods. Write %s.%s.svc.cluster.local",
		host, name, namespace, i.ro.Namespace, name, i.ro.Namespace))
}

// unmatched is told: everything works for the clients that do match, and the others are asked for by nobody until they call.
func (i *inspection) unmatched(object *unstructured.Unstructured) {
	routes, managed := entry.Lists(object.Object, "spec", "http"), i.managed()
	routes = slices.DeleteFunc(routes, func(r map[string]any) bool { return slices.Contains(managed, entry.Text(r, "name")) })
	if len(routes) == 0 || slices.ContainsFunc(routes, catchesAll) {
		return
	}
	const remedy = "Add a last route without match that leads to stable"
	if inMesh, host := actsInMesh(object), i.wholeService(object); inMesh && host != "" {
		i.tell(codeUnmatched, "spec.http", fmt.Sprintf(
			"every route has a match: requests of the mesh to %q that none of them matches go to all pods of that Service, the canary's among them, whatever the weights. %s", host, remedy))
		return
	}
	if atGateway(object) && !slices.ContainsFunc(routes, func(r map[string]any) bool { return !bySource(r) }) {
		i.tell(codeUnmatched, "spec.http", "every route asks for sourceLabels, which requests from a gateway do not have: they are answered with 404. "+remedy)
	}
}

// wholeService is a host of the VirtualService that stands for a Service over both versions; empty when there is none. The stable
// Service itself is not: what reaches it without a route reaches stable pods.
func (i *inspection) wholeService(object *unstructured.Unstructured) string {
	hosts, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "hosts")
	for _, host := range hosts {
		stable := i.ours.host == "" && i.ro.Spec.Strategy.Canary.PingPong == nil && short(host) == i.ours.stable
		if !stable && i.internal(object, host) {
			return host
		}
	}
	return ""
}

// internal tells whether a host is surely the name of a Service.
func (i *inspection) internal(object *unstructured.Unstructured, host string) bool {
	_, rest, qualified := strings.Cut(host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	switch {
	case host == "" || strings.HasPrefix(host, "*"):
		return false
	case !qualified || strings.HasSuffix(host, ".svc.cluster.local") || strings.HasSuffix(host, ".svc"):
		return true
	}
	return namespace == i.ro.Namespace || namespace == object.GetNamespace()
}

// catchesAll tells whether a route takes every request.
func catchesAll(route map[string]any) bool {
	matches := entry.Lists(route, "match")
	return len(matches) == 0 || slices.ContainsFunc(matches, func(match map[string]any) bool {
		for key := range match {
			anyPath := key == "uri" && entry.Text(fields(match, "uri"), "prefix") == "/"
			if !anyPath && !slices.Contains([]string{"name", "statPrefix", "ignoreUriCase"}, key) {
				return false
			}
		}
		return true
	})
}

// bySource tells whether a route takes requests of certain pods only.
func bySource(route map[string]any) bool {
	return !slices.ContainsFunc(entry.Lists(route, "match"), func(match map[string]any) bool { return len(fields(match, "sourceLabels")) == 0 })
}

func gateways(object *unstructured.Unstructured) []string {
	all, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "gateways")
	return all
}

func actsInMesh(object *unstructured.Unstructured) bool {
	return len(gateways(object)) == 0 || slices.Contains(gateways(object), "mesh")
}

func atGateway(object *unstructured.Unstructured) bool {
	return slices.ContainsFunc(gateways(object), func(name string) bool { return name != "mesh" })
}

// overtaken is told: only requests that carry the header are concerned, and they may be meant to.
func (i *inspection) overtaken(object *unstructured.Unstructured, picks []pick) {
	for n, route := range entry.Lists(object.Object, "spec", "http") {
		if slices.ContainsFunc(picks, func(p pick) bool { return same(p.route, route) }) {
			break // what stands behind our own route does not get its requests anyway
		}
		if route == nil || slices.Contains(i.managed(), entry.Text(route, "name")) || i.leadsToUs(route) {
			continue
		}
		for _, step := range i.ro.Spec.Strategy.Canary.Steps {
			if h := step.SetHeaderRoute; h != nil && len(h.Match) > 0 {
				i.tell(codeOvertakes, fmt.Sprintf("spec.http[%d]", n), fmt.Sprintf(
					"the header route %q goes in front of this one, so requests that it answers today go, if they carry header %s, to this Rollout's canary. Choose a header that its clients do not send, or give the Rollout a VirtualService of its own",
					h.Name, h.Match[0].HeaderName))
				return
			}
		}
	}
}

func (i *inspection) leadsToUs(route map[string]any) bool {
	return slices.ContainsFunc(entry.Lists(route, "route"), func(d map[string]any) bool { return i.ours.role(destination(d), nil) != foreign })
}

// elsewhere is told: clients in the mesh may call that very host, through a ServiceEntry.
func (i *inspection) elsewhere(object *unstructured.Unstructured) {
	hosts, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "hosts")
	sure := func(host string) bool {
		return strings.Contains(host, ".") && !strings.HasPrefix(host, "*") && !i.internal(object, host)
	}
	if len(hosts) == 0 || atGateway(object) || slices.ContainsFunc(hosts, func(host string) bool { return !sure(host) }) {
		return
	}
	i.tell(codeElsewhere, "spec.hosts", fmt.Sprintf(
		"without spec.gateways this acts on pods of the mesh that call %s by that very name: requests from an ingress gateway, and those to the Services themselves, are not divided. Name the gateway in spec.gateways, or the Service that clients call in spec.hosts",
		strings.Join(hosts, ", ")))
}
