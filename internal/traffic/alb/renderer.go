package alb

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

var (
	routingPath = field.NewPath("spec", "strategy", "canary", "trafficRouting")
	albPath     = routingPath.Child("alb")
	ingressGVK  = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
)

// Renderer writes annotations and paths of Ingresses.
type Renderer struct{}

var _ traffic.Renderer = Renderer{}

// Objects names the Ingresses.
func (Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	var refs []traffic.Ref
	for _, named := range ingresses(ro) {
		refs = append(refs, named.ref)
	}
	return refs
}

// Claims are, in each Ingress, "action SERVICE" and "route NAME" for each managed route.
func (Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, named := range ingresses(ro) {
		claims = append(claims, traffic.Claim{Ref: named.ref, Part: "action " + Root(ro)})
		for _, managed := range entry.Routing(ro).ManagedRoutes {
			claims = append(claims, traffic.Claim{Ref: named.ref, Part: "route " + managed.Name})
		}
	}
	return claims
}

// Render returns the Ingresses.
func (Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	if routing(ro) == nil {
		return nil, nil
	}
	if err := sane(ro); err != nil {
		return nil, err
	}
	want = entry.Percent(ro, want)
	var all []*unstructured.Unstructured
	for _, named := range ingresses(ro) {
		before := traffic.Find(found, named.ref.Empty())
		if before == nil {
			text := fmt.Sprintf("Ingress `%s` not found: create it in namespace %q, or correct the name", named.ref.Name, named.ref.Namespace)
			return nil, field.Invalid(named.path, named.ref.Name, text)
		}
		e := edit{ro: ro, object: before.DeepCopy(), want: want}
		if !e.leadsTo(Root(ro)) {
			text := fmt.Sprintf("ingress `%s` has no rules using service %s backend: point one of its paths to {service: {name: %s, port: {name: use-annotation}}}", named.ref.Name, Root(ro), Root(ro))
			return nil, field.Invalid(named.path, named.ref.Name, text)
		}
		e.render()
		all = append(all, e.object)
	}
	return all, nil
}

// sane finds settings that the load balancer controller would refuse or mix up.
func sane(ro *v1alpha1.Rollout) error {
	if sticky := routing(ro).StickinessConfig; sticky != nil && sticky.Enabled && (sticky.DurationSeconds < 1 || sticky.DurationSeconds > 604800) {
		return field.Invalid(albPath.Child("stickinessConfig", "durationSeconds"), sticky.DurationSeconds,
			"TargetGroupStickinessConfig's duration must be between 1 and 604800 seconds (7 days)!")
	}
	for i, managed := range entry.Routing(ro).ManagedRoutes {
		if managed.Name == Root(ro) {
			return field.Invalid(routingPath.Child("managedRoutes").Index(i).Child("name"), managed.Name,
				"is the Service that the weights are written for, whose annotation has the same name: give the route another name")
		}
	}
	return nil
}

// Root is the Service that clients reach through the Ingresses.
func Root(ro *v1alpha1.Rollout) string {
	return cmp.Or(routing(ro).RootService, ro.Spec.Strategy.Canary.StableService)
}

// ingress is one Ingress of the spec and the place where it is named.
type ingress struct {
	ref  traffic.Ref
	path *field.Path
}

func ingresses(ro *v1alpha1.Rollout) []ingress {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	var all []ingress
	add := func(name string, path *field.Path) {
		if name != "" {
			all = append(all, ingress{traffic.Ref{GroupVersionKind: ingressGVK, Namespace: ro.Namespace, Name: name}, path})
		}
	}
	add(spec.Ingress, albPath.Child("ingress"))
	for i, name := range spec.Ingresses {
		add(name, albPath.Child("ingresses").Index(i))
	}
	return all
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.ALBTrafficRouting {
	if spec := entry.Routing(ro); spec != nil {
		return spec.ALB
	}
	return nil
}

func prefix(ro *v1alpha1.Rollout) string {
	return cmp.Or(routing(ro).AnnotationPrefix, "alb.ingress.kubernetes.io")
}
