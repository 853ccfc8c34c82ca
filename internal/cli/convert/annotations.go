package convert

import (
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// housekeeping belongs to the object, not to its routing.
var housekeeping = []string{"kubectl.kubernetes.io/", "kubernetes.io/ingress.class", "meta.helm.sh/", "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"}

// carried are the annotations of the Ingress that become part of a route.
var carried = []string{"app-root", "permanent-redirect", "permanent-redirect-code", "temporal-redirect", "temporal-redirect-code", "rewrite-target", "upstream-vhost", "use-regex"}

func (t *translation) annotation(key string) string { return t.ingress.Annotations[t.prefix()+key] }

func (t *translation) remainingAnnotations() {
	known := carried
	redirects := t.annotation("ssl-redirect")
	if redirects == "false" {
		known = append(slices.Clone(known), "ssl-redirect")
	}
	if len(t.ingress.Spec.TLS) > 0 && redirects == "" && t.annotation("force-ssl-redirect") == "" {
		t.note("%sssl-redirect is on for hosts with TLS unless it says false, and is not carried over; in its place: %s", t.prefix(), toHTTPS)
	}
	t.notCarried(t.ingress, known)
}

// notCarried notes every annotation that is not among the known ones.
func (t *translation) notCarried(ingress *networkingv1.Ingress, known []string) {
	for _, key := range sortedKeys(ingress.Annotations) {
		own, ours := strings.CutPrefix(key, t.prefix())
		if (ours && slices.Contains(known, own)) || slices.ContainsFunc(housekeeping, func(start string) bool { return strings.HasPrefix(key, start) }) {
			continue
		}
		t.note("%s of Ingress %s is not carried over; in its place: %s", key, ingress.Name, instead(key, t.prefix()))
	}
}

func sortedKeys(all ...map[string]string) []string {
	var keys []string
	for _, one := range all {
		keys = append(keys, slices.Collect(maps.Keys(one))...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
