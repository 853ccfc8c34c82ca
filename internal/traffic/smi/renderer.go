package smi

import (
	"cmp"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

const (
	group = "split.smi-spec.io"
	// quantities is the version in which a weight is a quantity; in later ones it is a whole number.
	quantities = "v1alpha1"
)

var smiPath = field.NewPath("spec", "strategy", "canary", "trafficRouting", "smi")

// Renderer writes one TrafficSplit.
type Renderer struct {
	// Version is the API version: v1alpha1, v1alpha2 or v1alpha3; empty means v1alpha1.
	Version string
}

var _ traffic.Renderer = Renderer{}

// Objects names the TrafficSplit.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	kind := schema.GroupVersionKind{Group: group, Version: cmp.Or(r.Version, quantities), Kind: "TrafficSplit"}
	return []traffic.Ref{{GroupVersionKind: kind, Namespace: ro.Namespace, Name: cmp.Or(spec.TrafficSplitName, ro.Name), Ours: true}}
}

// Claims are the TrafficSplit, whole.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, ref := range r.Objects(ro) {
		claims = append(claims, traffic.Claim{Ref: ref, Part: traffic.AnyPart})
	}
	return claims
}

// Render returns the TrafficSplit.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, ref := range r.Objects(ro) {
		object := traffic.Find(found, ref.Empty())
		if object != nil && !metav1.IsControlledBy(object, ro) {
			text := fmt.Sprintf("Rollout does not own TrafficSplit `%s`: delete or rename that TrafficSplit, the Rollout makes its own; or choose another trafficSplitName", ref.Name)
			return nil, field.Invalid(smiPath.Child("trafficSplitName"), ref.Name, text)
		}
		if object == nil {
			object = ref.Empty()
			object.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(ro, v1alpha1.RolloutGVK)})
		}
		object = object.DeepCopy()
		split(object, ref.Version, cmp.Or(routing(ro).RootService, ro.Spec.Strategy.Canary.StableService), entry.Percent(ro, want))
		all = append(all, object)
	}
	return all, nil
}

// split writes the two fields that are ours to write. Others of the spec, such as matches, stay.
func split(object *unstructured.Unstructured, version, root string, want traffic.Routing) {
	spec, ok := object.Object["spec"].(map[string]any)
	if !ok {
		spec = map[string]any{}
		object.Object["spec"] = spec
	}
	spec["service"] = root
	shares := append(append([]traffic.Destination{want.Canary}, want.Additional...), want.Stable)
	before := entry.List(spec, "backends")
	after := make([]any, len(shares))
	for i, share := range shares {
		after[i] = map[string]any{"service": share.Service, "weight": weight(version, share.Weight)}
		if i < len(before) && says(before[i], share) {
			after[i] = before[i]
		}
	}
	spec["backends"] = after
}

func weight(version string, n int32) any {
	if version == quantities {
		return strconv.Itoa(int(n))
	}
	return int64(n)
}

// says tells whether a backend is that share already, whichever way its weight is written: an API server may hand one version's objects out
// in another.
func says(backend any, share traffic.Destination) bool {
	fields, _ := backend.(map[string]any)
	if len(fields) != 2 || entry.Text(fields, "service") != share.Service {
		return false
	}
	if text, ok := fields["weight"].(string); ok {
		quantity, err := resource.ParseQuantity(text)
		return err == nil && quantity.CmpInt64(int64(share.Weight)) == 0
	}
	return entry.Same(fields["weight"], share.Weight)
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.SMITrafficRouting {
	if spec := entry.Routing(ro); spec != nil {
		return spec.SMI
	}
	return nil
}
