package istio

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// subsetNames are those of the spec; "canary" and "stable" where it names none.
func subsetNames(spec *v1alpha1.IstioDestinationRule) (canary, stable string) {
	return cmp.Or(spec.CanarySubsetName, "canary"), cmp.Or(spec.StableSubsetName, "stable")
}

// destinationRule sets the hashes of our two subsets and nothing else. It also tells whether the canary subset changes from
// one revision to another.
func (r Renderer) destinationRule(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) (*unstructured.Unstructured, bool, error) {
	spec, ref := routing(ro).DestinationRule, r.destinationRuleRef(ro)
	before := traffic.Find(found, ref.Empty())
	if before == nil {
		text := fmt.Sprintf("DestinationRule `%s` not found: create it in namespace %q, or correct the name", ref.Name, ref.Namespace)
		return nil, false, field.Invalid(istioPath.Child("destinationRule", "name"), ref.Name, text)
	}
	object := before.DeepCopy()
	canaryName, stableName := subsetNames(spec)
	was, err := setHash(ro, object, "canarySubsetName", canaryName, want.Canary.Hash)
	if err != nil {
		return nil, false, err
	}
	if _, err := setHash(ro, object, "stableSubsetName", stableName, want.Stable.Hash); err != nil {
		return nil, false, err
	}
	annotate(object, ro.Name)
	return object, was != "" && was != want.Canary.Hash, nil
}

// setHash returns the hash that the subset had before. An empty hash changes nothing: a subset without it would hold the pods of every
// revision, so nothing here ever takes it away.
func setHash(ro *v1alpha1.Rollout, rule *unstructured.Unstructured, fieldName, subsetName, hash string) (was string, err error) {
	subset := find(entry.Lists(rule.Object, "spec", "subsets"), subsetName)
	if subset == nil {
		return "", missingSubset(ro, rule, fieldName, subsetName)
	}
	labels, _ := subset["labels"].(map[string]any)
	was, _ = labels[v1alpha1.DefaultRolloutUniqueLabelKey].(string)
	if was == hash || hash == "" {
		return was, nil
	}
	if labels == nil {
		labels = map[string]any{}
		subset["labels"] = labels
	}
	labels[v1alpha1.DefaultRolloutUniqueLabelKey] = hash
	return was, nil
}

func missingSubset(ro *v1alpha1.Rollout, rule *unstructured.Unstructured, fieldName, subset string) error {
	addition := "name: " + subset
	if selector := ro.Spec.Selector; selector != nil && len(selector.MatchLabels) > 0 {
		var labels []string
		for _, key := range slices.Sorted(maps.Keys(selector.MatchLabels)) {
			labels = append(labels, key+": "+selector.MatchLabels[key])
		}
		addition += ", labels: {" + strings.Join(labels, ", ") + "}"
	}
	text := fmt.Sprintf("DestinationRule `%s` has no subset %q: add {%s} to its spec.subsets, or set %s to a subset that it has", rule.GetName(), subset, addition, fieldName)
	return field.Invalid(istioPath.Child("destinationRule", fieldName), subset, text)
}

// annotate names the Rollout on a DestinationRule that names none. Several Rollouts may share one: the first to write stays, so
// that they do not overwrite each other for ever.
func annotate(rule *unstructured.Unstructured, name string) {
	annotations := rule.GetAnnotations()
	if annotations[v1alpha1.ManagedByRolloutsKey] != "" {
		return
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.ManagedByRolloutsKey] = name
	rule.SetAnnotations(annotations)
}
