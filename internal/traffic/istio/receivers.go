package istio

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// receivers tells how the canary and the stable version are recognised among the destinations of a route: by the host of
// their Service, or as a subset of the DestinationRule where there is one.
type receivers struct {
	canary, stable             string // Services
	host                       string // of the DestinationRule; empty without one
	canarySubset, stableSubset string
	spared                     []string // subsets that count as others' although they take their weight from stable
}

func (r *receivers) bySubset(rule *unstructured.Unstructured, spec *v1alpha1.IstioDestinationRule) {
	r.host, _, _ = unstructured.NestedString(rule.Object, "spec", "host")
	r.canarySubset, r.stableSubset = subsetNames(spec)
	r.spared = spec.AdditionalSubsetNames
}

// role is whose destination an entry of a route is.
type role int

const (
	foreign role = iota
	canary
	stable
	additional
	spared
)

// role recognises a destination. A subset counts only if the destination's host is the DestinationRule's, since Istio looks
// subsets up by host. Hosts are compared up to their first dot: "web" is "web.shop.svc.cluster.local".
func (r receivers) role(destination map[string]any, experiments map[string]int64) role {
	host, _ := destination["host"].(string)
	subset, _ := destination["subset"].(string)
	if subset != "" && r.canarySubset != "" && sameHost(host, r.host) {
		return r.subsetRole(subset)
	}
	service := short(host)
	if service == "" {
		return foreign
	}
	if _, ok := experiments[service]; ok {
		return additional
	}
	switch service {
	case r.canary:
		return canary
	case r.stable:
		return stable
	}
	return foreign
}

func (r receivers) subsetRole(subset string) role {
	switch subset {
	case r.canarySubset:
		return canary
	case r.stableSubset:
		return stable
	}
	if slices.Contains(r.spared, subset) {
		return spared
	}
	return foreign
}

func short(host string) string {
	name, _, _ := strings.Cut(host, ".")
	return name
}

// sameHost also accepts a missing host and a wildcard, which nothing can be told from.
func sameHost(a, b string) bool {
	unknown := a == "" || b == "" || strings.HasPrefix(a, "*") || strings.HasPrefix(b, "*")
	return unknown || short(a) == short(b)
}
