package traefik

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

var (
	canaryPath  = field.NewPath("spec", "strategy", "canary")
	traefikPath = canaryPath.Child("trafficRouting", "traefik", "weightedTraefikServiceName")
)

// Renderer writes one TraefikService.
type Renderer struct {
	// Group of the kind; empty means the group in APIVersion.
	Group string
	// APIVersion is a version, or group/version; empty means traefik.io/v1alpha1.
	APIVersion string
}

var _ traffic.Renderer = Renderer{}

// Objects names the TraefikService.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	spec := routing(ro)
	if spec == nil || spec.WeightedTraefikServiceName == "" { // refused by validation
		return nil
	}
	return []traffic.Ref{{GroupVersionKind: r.kind(), Namespace: ro.Namespace, Name: spec.WeightedTraefikServiceName}}
}

// Claims are "service NAME" for the canary and the stable Service. Rollouts may share a TraefikService, but no Service of it.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, ref := range r.Objects(ro) {
		canary := ro.Spec.Strategy.Canary
		claims = append(claims,
			traffic.Claim{Ref: ref, Part: "service " + canary.CanaryService},
			traffic.Claim{Ref: ref, Part: "service " + canary.StableService})
	}
	return claims
}

// Render sets two weights.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, ref := range r.Objects(ro) {
		before := traffic.Find(found, ref.Empty())
		if before == nil {
			text := fmt.Sprintf("TraefikService `%s` not found: create it in namespace %q, or correct the name", ref.Name, ref.Namespace)
			return nil, field.Invalid(traefikPath, ref.Name, text)
		}
		object := before.DeepCopy()
		if err := weigh(object, entry.Percent(ro, want)); err != nil {
			return nil, err
		}
		all = append(all, object)
	}
	return all, nil
}

func weigh(object *unstructured.Unstructured, want traffic.Routing) error {
	services := entry.Lists(object.Object, "spec", "weighted", "services")
	for _, side := range []struct {
		name, field string
		to          traffic.Destination
	}{{"canary", "canaryService", want.Canary}, {"stable", "stableService", want.Stable}} {
		service, count := entry.Only(services, func(s map[string]any) bool { return is(s, side.to.Service, object.GetNamespace()) })
		if count == 0 {
			text := fmt.Sprintf("traefik %s service was not found: add {name: %s, port: …} to spec.weighted.services of TraefikService `%s`", side.name, side.to.Service, object.GetName())
			return field.Invalid(canaryPath.Child(side.field), side.to.Service, text)
		}
		if count > 1 {
			text := fmt.Sprintf("spec.weighted.services of TraefikService `%s` names it %d times: leave one, or its share is not what a step says", object.GetName(), count)
			return field.Invalid(canaryPath.Child(side.field), side.to.Service, text)
		}
		entry.SetNumber(service, "weight", int64(side.to.Weight))
	}
	return nil
}

// is recognises a Service by its name; one of another namespace is another Service.
func is(service map[string]any, name, namespace string) bool {
	return entry.Text(service, "name") == name && cmp.Or(entry.Text(service, "namespace"), namespace) == namespace
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.TraefikTrafficRouting {
	if spec := entry.Routing(ro); spec != nil {
		return spec.Traefik
	}
	return nil
}

func (r Renderer) kind() schema.GroupVersionKind {
	group, version, whole := strings.Cut(cmp.Or(r.APIVersion, "v1alpha1"), "/")
	if !whole {
		group, version = "traefik.io", group
	}
	return schema.GroupVersionKind{Group: cmp.Or(r.Group, group), Version: version, Kind: "TraefikService"}
}
