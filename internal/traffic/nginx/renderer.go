package nginx

import (
	"cmp"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

var (
	nginxPath  = field.NewPath("spec", "strategy", "canary", "trafficRouting", "nginx")
	canaryPath = field.NewPath("spec", "strategy", "canary")
	ingressGVK = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
)

// Renderer writes one canary Ingress for each stable Ingress.
type Renderer struct{}

var _ traffic.Renderer = Renderer{}

// Objects names each stable Ingress, which is only read, and behind it its canary Ingress; last all Ingresses of the namespace, since
// some of them share the canary without having asked for it.
func (Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	var refs []traffic.Ref
	for _, named := range ingresses(ro) {
		refs = append(refs, named.stable, named.canary)
	}
	if refs == nil {
		return nil
	}
	return append(refs, traffic.Ref{GroupVersionKind: ingressGVK, Namespace: ro.Namespace, Name: traffic.Any})
}

// Claims are the canary Ingresses, whole.
func (Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, named := range ingresses(ro) {
		claims = append(claims, traffic.Claim{Ref: named.canary, Part: traffic.AnyPart})
	}
	return claims
}

// Render returns the canary Ingresses.
func (Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	spec := routing(ro)
	if spec == nil {
		return nil, nil
	}
	if err := complete(ro); err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, named := range ingresses(ro) {
		object, err := canaryIngress(ro, named, found, want)
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
	return all, nil
}

func complete(ro *v1alpha1.Rollout) error {
	spec, canary := routing(ro), ro.Spec.Strategy.Canary
	switch {
	case spec.StableIngress != "" && len(spec.StableIngresses) > 0:
		return field.Invalid(nginxPath.Child("stableIngress"), spec.StableIngress, "Either StableIngress or StableIngresses must be configured. Both are configured.")
	case spec.StableIngress == "" && len(spec.StableIngresses) == 0:
		return field.Required(nginxPath.Child("stableIngress"), "Either StableIngress or StableIngresses must be configured. Neither are configured.")
	case canary.StableService == "" || canary.CanaryService == "":
		return field.Invalid(canaryPath.Child("stableService"), canary.StableService, "Canary service and Stable service must to be set to use Traffic Routing")
	}
	return nil
}

func canaryIngress(ro *v1alpha1.Rollout, named ingress, found []*unstructured.Unstructured, want traffic.Routing) (*unstructured.Unstructured, error) {
	stable := traffic.Find(found, named.stable.Empty())
	if stable == nil {
		text := fmt.Sprintf("Ingress `%s` not found: create it in namespace %q, or correct the name", named.stable.Name, named.stable.Namespace)
		return nil, field.Invalid(named.path, named.stable.Name, text)
	}
	object := traffic.Find(found, named.canary.Empty())
	if object != nil && !metav1.IsControlledBy(object, ro) {
		text := fmt.Sprintf("canary ingress `%s` controlled by different object: delete or rename that Ingress, the Rollout makes its own", named.canary.Name)
		return nil, field.Invalid(named.path, named.stable.Name, text)
	}
	if object == nil {
		object = named.canary.Empty()
		object.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(ro, v1alpha1.RolloutGVK)})
	}
	object = object.DeepCopy()
	rules := canaryRules(stable, ro.Spec.Strategy.Canary)
	if len(rules) == 0 {
		text := fmt.Sprintf("ingress `%s` has no rules using service %s backend: point one of its paths to that Service", named.stable.Name, ro.Spec.Strategy.Canary.StableService)
		return nil, field.Invalid(named.path, named.stable.Name, text)
	}
	object.Object["spec"] = canarySpec(stable, rules)
	annotate(object, annotations{ro: ro, stable: stable, want: want})
	return object, nil
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.NginxTrafficRouting {
	canary := ro.Spec.Strategy.Canary
	if canary == nil || canary.TrafficRouting == nil {
		return nil
	}
	return canary.TrafficRouting.Nginx
}

// ingress is one stable Ingress of the spec, its canary Ingress, and the place where it is named.
type ingress struct {
	stable, canary traffic.Ref
	path           *field.Path
}

func ingresses(ro *v1alpha1.Rollout) []ingress {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	var all []ingress
	add := func(name string, path *field.Path) {
		stable := traffic.Ref{GroupVersionKind: ingressGVK, Namespace: ro.Namespace, Name: name}
		canary := traffic.Ref{GroupVersionKind: ingressGVK, Namespace: ro.Namespace, Name: canaryName(ro.Name, name), Ours: true}
		all = append(all, ingress{stable, canary, path})
	}
	if spec.StableIngress != "" {
		add(spec.StableIngress, nginxPath.Child("stableIngress"))
	}
	for i, name := range spec.StableIngresses {
		add(name, nginxPath.Child("stableIngresses").Index(i))
	}
	return all
}

// canaryName keeps within the 253 characters of a name; the suffix is never cut.
func canaryName(rollout, ingress string) string {
	const suffix = "-canary"
	name := rollout + "-" + ingress
	return name[:min(len(name), 253-len(suffix))] + suffix
}

func prefix(spec *v1alpha1.NginxTrafficRouting) string {
	return cmp.Or(spec.AnnotationPrefix, "nginx.ingress.kubernetes.io")
}
