package istio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

const group = "networking.istio.io"

var istioPath = field.NewPath("spec", "strategy", "canary", "trafficRouting", "istio")

// Renderer writes Istio's objects. Version is the API version that they are read and written in; empty means v1.
type Renderer struct {
	Version string
}

var _ traffic.Renderer = Renderer{}

// Objects names the DestinationRule before the VirtualServices: a subset has to select the pods of its revision before requests
// are sent to it.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	var refs []traffic.Ref
	if spec.DestinationRule != nil {
		refs = append(refs, r.destinationRuleRef(ro))
	}
	for _, vs := range virtualServices(spec) {
		refs = append(refs, r.virtualServiceRef(ro, vs.Name))
	}
	return refs
}

// Claims are "subset NAME" in the DestinationRule and, in a VirtualService, "http route NAME", "tls PORT SNI…", "tcp PORT", or any
// part where the Rollout names none. The managed routes are claimed like named ones.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	var claims []traffic.Claim
	if spec.DestinationRule != nil {
		canary, stable := subsetNames(spec.DestinationRule)
		ref := r.destinationRuleRef(ro)
		claims = append(claims, traffic.Claim{Ref: ref, Part: "subset " + canary}, traffic.Claim{Ref: ref, Part: "subset " + stable})
	}
	for _, vs := range virtualServices(spec) {
		ref := r.virtualServiceRef(ro, vs.Name)
		for _, part := range parts(vs.IstioVirtualService, ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes) {
			claims = append(claims, traffic.Claim{Ref: ref, Part: part})
		}
	}
	return claims
}

func parts(vs v1alpha1.IstioVirtualService, managed []v1alpha1.MangedRoutes) []string {
	if !selective(vs) {
		return []string{traffic.AnyPart}
	}
	var all []string
	for _, name := range vs.Routes {
		all = append(all, "http route "+name)
	}
	for _, route := range vs.TLSRoutes {
		hosts := strings.Join(slices.Sorted(slices.Values(route.SNIHosts)), ",")
		all = append(all, strings.TrimSpace(fmt.Sprintf("tls %d %s", route.Port, hosts)))
	}
	for _, route := range vs.TCPRoutes {
		all = append(all, fmt.Sprintf("tcp %d", route.Port))
	}
	for _, route := range managed {
		all = append(all, "http route "+route.Name)
	}
	return all
}

// Render returns the DestinationRule first, for the reason given at Objects, with one exception. When the canary subset changes from
// one revision to another while its share shrinks (a new template in the middle of a canary), the VirtualServices come
// first: else requests would follow the subset to pods that are not there yet.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	spec := routing(ro)
	if spec == nil {
		return nil, nil
	}
	if err := oneOf(spec); err != nil {
		return nil, err
	}
	ours := receivers{canary: cmp.Or(want.Canary.Service, ro.Spec.Strategy.Canary.CanaryService), stable: cmp.Or(want.Stable.Service, ro.Spec.Strategy.Canary.StableService)}
	var rule []*unstructured.Unstructured
	repointed := false
	if spec.DestinationRule != nil {
		object, moved, err := r.destinationRule(ro, found, want)
		if err != nil {
			return nil, err
		}
		rule, repointed = append(rule, object), moved
		ours.bySubset(object, spec.DestinationRule)
	}
	services, lowered, err := r.virtualServices(ro, found, ours, want)
	if err != nil {
		return nil, err
	}
	if repointed && lowered {
		return append(services, rule...), nil
	}
	return append(rule, services...), nil
}

func oneOf(spec *v1alpha1.IstioTrafficRouting) error {
	if (spec.VirtualService == nil) == (len(spec.VirtualServices) == 0) {
		return field.Invalid(istioPath.Child("virtualService"), "", "either VirtualService or VirtualServices must be configured: set exactly one of the two")
	}
	return nil
}

func (r Renderer) virtualServices(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, ours receivers, want traffic.Routing) ([]*unstructured.Unstructured, bool, error) {
	var all []*unstructured.Unstructured
	lowered := false
	for _, named := range virtualServices(routing(ro)) {
		ref := r.virtualServiceRef(ro, named.Name)
		before := traffic.Find(found, ref.Empty())
		if before == nil {
			text := fmt.Sprintf("VirtualService `%s` not found: create it in namespace %q, or correct the name", ref.Name, ref.Namespace)
			return nil, false, field.Invalid(named.path.Child("name"), named.Name, text)
		}
		edit := virtualService{named: named, home: ro.Namespace, object: before.DeepCopy(), ours: ours, want: want}
		if err := edit.render(); err != nil {
			return nil, false, err
		}
		all, lowered = append(all, edit.object), lowered || edit.lowered
	}
	return all, lowered, nil
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.IstioTrafficRouting {
	canary := ro.Spec.Strategy.Canary
	if canary == nil || canary.TrafficRouting == nil {
		return nil
	}
	return canary.TrafficRouting.Istio
}

// namedService is one VirtualService of the spec and the place where it stands there.
type namedService struct {
	v1alpha1.IstioVirtualService
	path *field.Path
}

func virtualServices(spec *v1alpha1.IstioTrafficRouting) []namedService {
	var all []namedService
	if spec.VirtualService != nil {
		all = append(all, namedService{*spec.VirtualService, istioPath.Child("virtualService")})
	}
	for i, vs := range spec.VirtualServices {
		all = append(all, namedService{vs, istioPath.Child("virtualServices").Index(i)})
	}
	return all
}

// virtualServiceRef reads "name" or "name.namespace", with or without ".cluster.local" behind it.
func (r Renderer) virtualServiceRef(ro *v1alpha1.Rollout, name string) traffic.Ref {
	name = strings.TrimSuffix(name, ".cluster.local")
	namespace := ro.Namespace
	if i := strings.LastIndex(name, "."); i >= 0 {
		name, namespace = name[:i], name[i+1:]
	}
	return traffic.Ref{GroupVersionKind: r.kind("VirtualService"), Namespace: namespace, Name: name}
}

func (r Renderer) destinationRuleRef(ro *v1alpha1.Rollout) traffic.Ref {
	return traffic.Ref{GroupVersionKind: r.kind("DestinationRule"), Namespace: ro.Namespace, Name: routing(ro).DestinationRule.Name}
}

func (r Renderer) kind(kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: cmp.Or(r.Version, "v1"), Kind: kind}
}
