package istio

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// rule looks at the DestinationRule: the subsets of ours, and the policies that act on them.
func (i *inspection) rule(rule *unstructured.Unstructured) {
	spec, _ := rule.Object["spec"].(map[string]any)
	i.policy("spec.trafficPolicy", fields(spec, "trafficPolicy"))
	i.twins(entry.Lists(spec, "subsets"))
	seen := map[string]bool{}
	for n, subset := range entry.Lists(spec, "subsets") {
		name := entry.Text(subset, "name")
		if seen[name] || (name != i.ours.canarySubset && name != i.ours.stableSubset) {
			continue
		}
		seen[name] = true
		at := fmt.Sprintf("spec.subsets[%d]", n)
		i.policy(at+".trafficPolicy", fields(subset, "trafficPolicy"))
		i.hash(at, subset)
		i.pods(at, subset)
	}
}

// twins of other people are told too: the API server takes them, and Istio's webhook then refuses every later write, ours among them.
func (i *inspection) twins(subsets []map[string]any) {
	first := map[string]int{}
	for n, subset := range subsets {
		name := entry.Text(subset, "name")
		before, twice := first[name]
		if !twice || name == "" {
			first[name] = n
			continue
		}
		// Told: which of the two counts depends on Istio's version, and with equal labels nobody notices.
		i.tell(codeTwins, fmt.Sprintf("spec.subsets[%d]", n), fmt.Sprintf(
			"subset %q stands in spec.subsets[%d] already; Istio uses one of the two, and its webhook refuses every write to this object: remove one", name, before))
	}
}

// hash tells of a stripped subset. This turn puts the hash back, so it does not block; but who took it away will do it again.
func (i *inspection) hash(at string, subset map[string]any) {
	labels := fields(subset, "labels")
	if i.ro.Status.StableRS == "" || entry.Text(labels, v1alpha1.DefaultRolloutUniqueLabelKey) != "" {
		return
	}
	i.tell(codeNoHash, at+".labels", fmt.Sprintf(
		"subset %q has no label %s although the Rollout has run: until it is put back, the subset holds the pods of all versions. If something applies this object again and again, "+
			"have it leave the label alone (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true)", entry.Text(subset, "name"), v1alpha1.DefaultRolloutUniqueLabelKey))
}

// pods compares the subset's labels with those that the pods will wear. A label with another value blocks: the subset would be empty, and
// its share of the requests answered with 503, with every controller. One that the template lacks is told only: an admission
// webhook may add it. The topology is added by Istio itself.
func (i *inspection) pods(at string, subset map[string]any) {
	worn := i.podLabels(entry.Text(subset, "name"))
	if worn == nil {
		return
	}
	labels := fields(subset, "labels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value, has := worn[key]
		switch {
		case key == v1alpha1.DefaultRolloutUniqueLabelKey || strings.HasPrefix(key, "topology.") || value == entry.Text(labels, key) && has:
		case has:
			i.block(codeNoPods, at+".labels", fmt.Sprintf(
				"subset %q asks for %s=%s and the Rollout's pods have %s=%s: it would hold no pod, and its requests be answered with 503. Take the label out of the subset; the controller tells the versions apart",
				entry.Text(subset, "name"), key, entry.Text(labels, key), key, value))
		default:
			i.tell(codeNoPods, at+".labels", fmt.Sprintf(
				"subset %q asks for label %s, which the pod template does not have: unless something adds it to the pods, the subset holds none and its requests are answered with 503. Add it to the template, or take it out of the subset",
				entry.Text(subset, "name"), key))
		}
	}
}

// podLabels are those of the template and of the role; nil where the template is not known.
func (i *inspection) podLabels(subset string) map[string]string {
	if len(i.ro.Spec.Template.Labels) == 0 {
		return nil
	}
	worn, strategy := maps.Clone(i.ro.Spec.Template.Labels), i.ro.Spec.Strategy.Canary
	extra := strategy.StableMetadata
	if subset == i.ours.canarySubset {
		extra = strategy.CanaryMetadata
	}
	if extra != nil {
		maps.Copy(worn, extra.Labels)
	}
	return worn
}

// policy looks at a trafficPolicy and at those of its ports.
func (i *inspection) policy(at string, policy map[string]any) {
	i.locality(at+".loadBalancer.localityLbSetting", fields(policy, "loadBalancer", "localityLbSetting"))
	i.outliers(at+".outlierDetection", fields(policy, "outlierDetection"))
	for n, port := range entry.Lists(policy, "portLevelSettings") {
		i.policy(fmt.Sprintf("%s.portLevelSettings[%d]", at, n), port)
	}
}

// locality: what was wanted for the day when a zone fails does not happen then. Until that day everything runs, so it is told.
func (i *inspection) locality(at string, setting map[string]any) {
	_, distributes := setting["distribute"]
	for _, other := range []string{"failover", "failoverPriority"} {
		if _, both := setting[other]; both && distributes {
			i.tell(codeDistribute, at, fmt.Sprintf(
				"distribute beside %s: Istio goes by distribute alone, so when a zone fails its clients get errors instead of another zone. Remove distribute, and set failoverPriority: [%s, %s]",
				other, "topology.kubernetes.io/region", "topology.kubernetes.io/zone"))
		}
	}
	for n, between := range entry.Lists(setting, "failover") {
		for _, end := range []string{"from", "to"} {
			if place := entry.Text(between, end); strings.Contains(place, "/") {
				i.tell(codeFailoverZone, fmt.Sprintf("%s.failover[%d].%s", at, n, end), fmt.Sprintf(
					"%q is not a region: failover knows regions only, so no zone takes over from another. Set failoverPriority: [topology.kubernetes.io/region, topology.kubernetes.io/zone] in its place", place))
			}
		}
	}
}

func (i *inspection) outliers(at string, detection map[string]any) {
	if _, set := detection["consecutiveErrors"]; set {
		i.tell(codeIgnoredErrors, at+".consecutiveErrors",
			"Istio no longer reads consecutiveErrors: a pod is put aside after five errors in a row, whatever it says. Name it consecutive5xxErrors")
	}
}
