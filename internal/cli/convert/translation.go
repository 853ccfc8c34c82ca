package convert

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// most is how many rules an HTTPRoute may have, and how many hostnames.
const most = 16

// translation makes routes out of the material, and notes of what has no place in them.
type translation struct {
	material
	parent gateway
	routes []route
	notes  []string
	blocks []block
}

// route is one HTTPRoute to be.
type route struct {
	name      string
	hostnames []string
	rules     []rule
}

// rule of an HTTPRoute, as JSON, and the Rollout that weighs it.
type rule struct {
	fields  map[string]any
	rollout string
}

// block is what a Rollout follows from now on.
type block struct {
	rollout *v1alpha1.Rollout
	routes  []string
}

func (t *translation) note(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !slices.Contains(t.notes, line) {
		t.notes = append(t.notes, line)
	}
}

func (t *translation) translate() error {
	if t.canaryOf(t.ingress) {
		return terminal.Fail("Ingress %q is a canary itself: convert the one that it stands beside, which takes it along", t.ingress.Name)
	}
	if err := t.hosts(); err != nil {
		return err
	}
	if err := t.defaultBackend(); err != nil {
		return err
	}
	if len(t.routes) == 0 {
		return terminal.Fail("Ingress %q has no path that leads to a Service: there is nothing to convert", t.ingress.Name)
	}
	t.name()
	t.attach()
	t.encrypt()
	t.remainingAnnotations()
	t.follow()
	return nil
}

// hosts makes the rules of each host; hosts with the same rules share a route.
func (t *translation) hosts() error {
	var hosts []string
	paths := map[string][]networkingv1.HTTPIngressPath{}
	for _, r := range t.ingress.Spec.Rules {
		if !slices.Contains(hosts, r.Host) {
			hosts = append(hosts, r.Host)
		}
		if r.HTTP != nil {
			paths[r.Host] = append(paths[r.Host], r.HTTP.Paths...)
		}
	}
	for _, host := range hosts {
		rules, err := t.rules(host, paths[host])
		if err != nil {
			return err
		}
		t.put(host, rules)
	}
	return nil
}

func (t *translation) put(host string, rules []rule) {
	if len(rules) == 0 {
		return
	}
	if len(host) > 2 && host[:2] == "*." {
		t.note("host %s: as a hostname of the Gateway API it stands for more than one label, too (x.y%s)", host, host[1:])
	}
	for i := range t.routes {
		if host != "" && len(t.routes[i].hostnames) > 0 && reflect.DeepEqual(t.routes[i].rules, rules) {
			t.routes[i].hostnames = append(t.routes[i].hostnames, host)
			return
		}
	}
	added := route{rules: rules}
	if host != "" {
		added.hostnames = []string{host}
	}
	t.routes = append(t.routes, added)
}

func (t *translation) defaultBackend() error {
	backend := t.ingress.Spec.DefaultBackend
	if backend == nil {
		return nil
	}
	if backend.Service == nil {
		t.note("spec.defaultBackend is no Service: it is left out")
		return nil
	}
	to, err := t.backend(backend.Service)
	if err != nil {
		return err
	}
	t.note("spec.defaultBackend: it became a route without hostnames, which takes what no other route of the Gateway takes")
	t.put("", []rule{{fields: map[string]any{"matches": one(match("PathPrefix", "/")), "backendRefs": one(to)}}})
	return nil
}

// name gives routes their names, after dividing those that have too many rules or hostnames. Order between routes does not matter to a
// Gateway: the more particular match wins.
func (t *translation) name() {
	var all []route
	for _, r := range t.routes {
		byHosts := slices.Collect(slices.Chunk(r.hostnames, most))
		if len(byHosts) == 0 {
			byHosts = [][]string{nil}
		}
		for _, hostnames := range byHosts {
			for rules := range slices.Chunk(r.rules, most) {
				all = append(all, route{hostnames: hostnames, rules: rules})
			}
		}
	}
	for i := range all {
		all[i].name = t.ingress.Name
		if i > 0 {
			all[i].name = fmt.Sprintf("%s-%d", t.ingress.Name, i+1)
		}
	}
	t.routes = all
}

func (t *translation) attach() {
	switch {
	case t.parent.name == "":
		t.parent.name = "gateway"
		t.note("no --gateway was given: put the name of yours into parentRefs")
	case t.parent.namespace != "" && t.parent.namespace != t.ingress.Namespace:
		t.note("Gateway %s/%s is of another namespace: its listener has to allow routes from %s (allowedRoutes.namespaces)",
			t.parent.namespace, t.parent.name, cmp.Or(t.ingress.Namespace, "the namespace of this one"))
	}
}

// encrypt: certificates belong to listeners.
func (t *translation) encrypt() {
	for _, entry := range t.ingress.Spec.TLS {
		hosts := fmt.Sprint(entry.Hosts)
		if len(entry.Hosts) == 0 {
			hosts = "all hosts"
		}
		secret := "the Gateway's own certificate"
		if entry.SecretName != "" {
			secret = fmt.Sprintf("tls: {certificateRefs: [{name: %s}]}", entry.SecretName)
		}
		t.note("spec.tls: the Gateway needs a listener of protocol HTTPS for %s with %s", hosts, secret)
	}
}

// follow says which routes each Rollout is to follow.
func (t *translation) follow() {
	for i := range t.rollouts {
		ro := &t.rollouts[i]
		b := block{rollout: ro}
		for _, r := range t.routes {
			if slices.ContainsFunc(r.rules, func(rule rule) bool { return rule.rollout == ro.Name }) {
				b.routes = append(b.routes, r.name)
			}
		}
		if len(b.routes) == 0 {
			t.note("Rollout %s names this Ingress, and no path of it leads to its stable Service %s", ro.Name, ro.Spec.Strategy.Canary.StableService)
			continue
		}
		t.settings(ro)
		t.blocks = append(t.blocks, b)
	}
}

// settings of the nginx block that the new one does not have.
func (t *translation) settings(ro *v1alpha1.Rollout) {
	nginx := ro.Spec.Strategy.Canary.TrafficRouting.Nginx
	for _, key := range sortedKeys(nginx.AdditionalIngressAnnotations, nginx.CanaryIngressAnnotations) {
		own := key
		if !strings.Contains(key, "/") {
			own = t.prefix() + key
		}
		t.note("Rollout %s sets %s on its canary Ingress, which is not carried over; in its place: %s", ro.Name, key, instead(own, t.prefix()))
	}
	if others := slices.DeleteFunc(slices.Clone(nginx.StableIngresses), func(name string) bool { return name == t.ingress.Name }); len(others) > 0 {
		t.note("Rollout %s divides Ingresses %v too: convert them as well, and list all routes under httpRoutes", ro.Name, others)
	}
}
