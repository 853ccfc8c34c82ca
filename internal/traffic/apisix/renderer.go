package apisix

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

var (
	kind        = schema.GroupVersionKind{Group: "apisix.apache.org", Version: "v2", Kind: "ApisixRoute"}
	canaryPath  = field.NewPath("spec", "strategy", "canary")
	routePath   = canaryPath.Child("trafficRouting", "apisix", "route")
	managedPath = canaryPath.Child("trafficRouting", "managedRoutes")
)

// Renderer writes the user's ApisixRoute, and one more for each header route.
type Renderer struct{}

var _ traffic.Renderer = Renderer{}

// Objects names the user's ApisixRoute and, behind it, those of managed routes.
func (Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	refs := []traffic.Ref{{GroupVersionKind: kind, Namespace: ro.Namespace, Name: spec.Name}}
	for _, managed := range entry.Routing(ro).ManagedRoutes {
		if managed.Name != "" {
			refs = append(refs, headerRef(ro, managed.Name))
		}
	}
	return refs
}

func headerRef(ro *v1alpha1.Rollout, name string) traffic.Ref {
	return traffic.Ref{GroupVersionKind: kind, Namespace: ro.Namespace, Name: name, Ours: true}
}

// Claims are "rule NAME" in the user's ApisixRoute, and the ApisixRoutes of managed routes, whole.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, ref := range r.Objects(ro) {
		if ref.Ours {
			claims = append(claims, traffic.Claim{Ref: ref, Part: traffic.AnyPart})
			continue
		}
		for _, name := range ruleNames(routing(ro)) {
			claims = append(claims, traffic.Claim{Ref: ref, Part: "rule " + name})
		}
	}
	return claims
}

// Render returns the user's ApisixRoute, the wanted header routes, and what bears the name of a managed route and is not ours.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	spec := routing(ro)
	if spec == nil {
		return nil, nil
	}
	ref := r.Objects(ro)[0]
	before := traffic.Find(found, ref.Empty())
	if before == nil {
		text := fmt.Sprintf("ApisixRoute `%s` not found: create it in namespace %q, or correct the name", ref.Name, ref.Namespace)
		return nil, field.Invalid(routePath.Child("name"), ref.Name, text)
	}
	object := before.DeepCopy()
	rules, err := weighed(object, spec, entry.Percent(ro, want))
	if err != nil {
		return nil, err
	}
	headers, err := headerRoutes{ro: ro, base: object, rules: rules, found: found}.render(want.Headers)
	if err != nil {
		return nil, err
	}
	return append([]*unstructured.Unstructured{object}, headers...), nil
}

// rule is one rule of ours, and in it the backend of the canary.
type rule struct {
	fields, canary map[string]any
}

// weighed sets the weights of our backends in our rules.
func weighed(object *unstructured.Unstructured, spec *v1alpha1.ApisixRoute, want traffic.Routing) ([]rule, error) {
	var rules []rule
	all := entry.Lists(object.Object, "spec", "http")
	for i, name := range ruleNames(spec) {
		fields, count := entry.Only(all, func(r map[string]any) bool { return entry.Text(r, "name") == name })
		if fields == nil {
			path := routePath.Child("rules").Index(i)
			if len(spec.Rules) == 0 {
				path = routePath.Child("rules")
			}
			text := fmt.Sprintf("Apisix http route rule %s not found: ApisixRoute `%s` has %d of that name; list in rules those of its spec.http[] that are this Rollout's", name, object.GetName(), count)
			return nil, field.Invalid(path, name, text)
		}
		canary, err := backend(fields, "canaryService", want.Canary)
		if err != nil {
			return nil, err
		}
		if _, err := backend(fields, "stableService", want.Stable); err != nil {
			return nil, err
		}
		rules = append(rules, rule{fields, canary})
	}
	return rules, nil
}

// backend weighs the backend of one destination.
func backend(rule map[string]any, fieldName string, to traffic.Destination) (map[string]any, error) {
	found, count := entry.Only(entry.Lists(rule, "backends"), func(b map[string]any) bool { return entry.Text(b, "serviceName") == to.Service })
	if found == nil && count == 0 {
		text := fmt.Sprintf("apisix route %s backend was not found: add {serviceName: %s, servicePort: …, weight: 0} to the backends of rule %q", to.Service, to.Service, entry.Text(rule, "name"))
		return nil, field.Invalid(canaryPath.Child(fieldName), to.Service, text)
	}
	if found == nil {
		text := fmt.Sprintf("the backends of rule %q name it %d times: leave one, or its share is not what a step says", entry.Text(rule, "name"), count)
		return nil, field.Invalid(canaryPath.Child(fieldName), to.Service, text)
	}
	entry.SetNumber(found, "weight", int64(to.Weight))
	return found, nil
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.ApisixRoute {
	spec := entry.Routing(ro)
	if spec == nil || spec.Apisix == nil || spec.Apisix.Route == nil || spec.Apisix.Route.Name == "" { // refused by validation
		return nil
	}
	return spec.Apisix.Route
}

func ruleNames(spec *v1alpha1.ApisixRoute) []string {
	if len(spec.Rules) == 0 {
		return []string{spec.Name}
	}
	return spec.Rules
}
