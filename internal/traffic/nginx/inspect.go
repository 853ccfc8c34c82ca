package nginx

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// The codes of what Inspect finds.
//
// Only 03 blocks: there is nothing to divide then, whoever tries. The others run today: a leak divides requests that were not meant,
// but loses none; of two canaries one is ignored, and stable answers in its place.
const (
	codeRetired   = "KAN-NGX01" // the class of a proxy that is no longer cared for
	codeLeak      = "KAN-NGX02" // another Ingress on the stable Service
	codeNothing   = "KAN-NGX03" // no path to the stable Service
	codeUndivided = "KAN-NGX04" // a default backend, which canaries do not have
	codeTwo       = "KAN-NGX05" // a second canary Ingress for one path
)

var _ traffic.Inspector = Renderer{}

// Inspect looks at the stable Ingresses, and at the other Ingresses of the namespace for what they have in common with them. An
// Ingress that is missing is left to Render.
func (Renderer) Inspect(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	i := inspection{ro: ro, all: found, named: ingresses(ro)}
	for _, named := range i.named {
		if stable := traffic.Find(found, named.stable.Empty()); stable != nil {
			i.at = named
			i.ingress(stable)
		}
	}
	slices.SortStableFunc(i.findings, func(a, b traffic.Finding) int {
		if a.Blocks != b.Blocks {
			return map[bool]int{true: -1, false: 1}[a.Blocks]
		}
		return cmp.Compare(a.Code, b.Code)
	})
	return i.findings
}

// inspection collects what is found around the Ingresses of one Rollout.
type inspection struct {
	ro       *v1alpha1.Rollout
	all      []*unstructured.Unstructured // may hold an Ingress twice: by name, and as one of all
	named    []ingress
	at       ingress
	findings []traffic.Finding
}

func (i *inspection) add(code, path, text string) {
	i.findings = append(i.findings, traffic.Finding{Code: code, Blocks: code == codeNothing, Field: i.at.path, Object: i.at.stable, Path: path, Text: text})
}

func (i *inspection) ingress(stable *unstructured.Unstructured) {
	service := i.ro.Spec.Strategy.Canary.StableService
	if class(stable) == "nginx" {
		i.add(codeRetired, "spec.ingressClassName", fmt.Sprintf(
			"ingress-nginx gets no fixes, security fixes among them, since March 2026; it goes on dividing requests for now. kubectl kanari convert ingress %s -n %s prints this Ingress as an HTTPRoute. If another proxy serves class nginx, nothing is to be done",
			stable.GetName(), stable.GetNamespace()))
	}
	ours := leadingTo(stable, service)
	if service != "" && len(ours) == 0 {
		i.add(codeNothing, "spec.rules", fmt.Sprintf(
			"no path leads to Service %q, so there are no requests to divide: every step would pass without a canary. Point a path to it, or name the Ingress that has one", service))
		return
	}
	i.undivided(stable, service)
	seen := map[string]bool{stable.GetName(): true}
	for _, other := range i.all {
		if !seen[other.GetName()] && other.GetKind() == ingressGVK.Kind && sameClass(stable, other) {
			seen[other.GetName()] = true
			i.leak(other, ours)
			i.two(other, ours)
		}
	}
}

// undivided: a canary Ingress is found by host and path, and a default backend has neither. ingress-nginx divides it all the same where
// a rule leads to the same Service and port; others do not.
func (i *inspection) undivided(stable *unstructured.Unstructured, service string) {
	if name, _, _ := unstructured.NestedString(stable.Object, "spec", "defaultBackend", "service", "name"); name == service && service != "" {
		i.add(codeUndivided, "spec.defaultBackend", fmt.Sprintf(
			"requests that reach Service %q as the default backend have no host and path that a canary could match: most proxies leave them with stable through every step. Give them a rule with path / of pathType Prefix", service))
	}
}

// leak: the proxy keeps one set of endpoints for each Service and port, and divides that, whichever Ingress a request came by.
func (i *inspection) leak(other *unstructured.Unstructured, ours []place) {
	if i.isCanary(other) || slices.ContainsFunc(i.named, func(n ingress) bool { return n.stable.Name == other.GetName() }) {
		return
	}
	for _, theirs := range leadingTo(other, i.ro.Spec.Strategy.Canary.StableService) {
		if shared(ours, theirs) {
			i.add(codeLeak, "spec.rules", fmt.Sprintf(
				"Ingress %q leads %s to the same Service and port, so the canary gets its share of those requests too, and header and cookie rules act on them. Name it in stableIngresses if that is right, or give it a Service of its own",
				other.GetName(), theirs))
			return
		}
	}
}

// shared tells whether a place elsewhere has the endpoints of one of ours.
func shared(ours []place, theirs place) bool {
	sameEndpoints := slices.ContainsFunc(ours, func(p place) bool { return p.port == theirs.port })
	return sameEndpoints && !slices.ContainsFunc(ours, func(p place) bool { return p.address() == theirs.address() })
}

// two: the first that the proxy meets is taken, the other is ignored with a line in its log.
func (i *inspection) two(other *unstructured.Unstructured, ours []place) {
	if !i.isCanary(other) || other.GetName() == i.at.canary.Name || metav1.IsControlledBy(other, i.ro) {
		return
	}
	for _, theirs := range places(other) {
		if slices.ContainsFunc(ours, func(p place) bool { return p.address() == theirs.address() }) {
			i.add(codeTwo, "spec.rules", fmt.Sprintf(
				"Ingress %q is a canary for %s too; the proxy heeds one of the two only, so this Rollout's canary may get no requests at all, or that one none. Delete it, or put its annotations into canaryIngressAnnotations",
				other.GetName(), theirs))
			return
		}
	}
}

func (i *inspection) isCanary(object *unstructured.Unstructured) bool {
	return object.GetAnnotations()[prefix(routing(i.ro))+"/canary"] == "true"
}

// sameClass tells whether one proxy may serve both: not where both name a class and it differs.
func sameClass(a, b *unstructured.Unstructured) bool {
	return class(a) == "" || class(b) == "" || class(a) == class(b)
}

func class(object *unstructured.Unstructured) string {
	name, _, _ := unstructured.NestedString(object.Object, "spec", "ingressClassName")
	return cmp.Or(object.GetAnnotations()[classAnnotation], name)
}
