package appmesh

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

const group = "appmesh.k8s.aws"

var (
	appMeshPath = field.NewPath("spec", "strategy", "canary", "trafficRouting", "appMesh")
	servicePath = appMeshPath.Child("virtualService")
	nodesPath   = appMeshPath.Child("virtualNodeGroup")
	canaryPath  = nodesPath.Child("canaryVirtualNodeRef", "name")
	stablePath  = nodesPath.Child("stableVirtualNodeRef", "name")
)

// Renderer writes App Mesh's objects. Version is the API version that they are read and written in; empty means v1beta2.
type Renderer struct {
	Version string
}

var _ traffic.Renderer = Renderer{}

// Objects names the two VirtualNodes, the VirtualService, which is only read, and all VirtualRouters, of which one is written.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	names, ok := named(ro)
	if !ok {
		return nil
	}
	return []traffic.Ref{
		r.ref(ro, "VirtualNode", names.stable), r.ref(ro, "VirtualNode", names.canary),
		r.ref(ro, "VirtualService", names.service), r.ref(ro, "VirtualRouter", traffic.Any),
	}
}

// Claims are the selectors of the VirtualNodes and, since the VirtualRouter is not known by name, the routes of the VirtualService: "route
// NAME", or any where the Rollout names none.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	names, ok := named(ro)
	if !ok {
		return nil
	}
	claims := []traffic.Claim{
		{Ref: r.ref(ro, "VirtualNode", names.stable), Part: "selector"},
		{Ref: r.ref(ro, "VirtualNode", names.canary), Part: "selector"},
	}
	service := r.ref(ro, "VirtualService", names.service)
	if len(names.routes) == 0 {
		return append(claims, traffic.Claim{Ref: service, Part: traffic.AnyPart})
	}
	for _, route := range names.routes {
		claims = append(claims, traffic.Claim{Ref: service, Part: "route " + route})
	}
	return claims
}

// Render returns the VirtualNodes before the VirtualRouter: a node has to select the pods of its revision before requests are sent to it.
// Where the canary's share shrinks its VirtualNode comes last, for the same reason.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	names, ok := named(ro)
	if !ok {
		return nil, nil
	}
	if names.canary == names.stable {
		return nil, field.Invalid(canaryPath, names.canary, "is the stable version's VirtualNode too: name two, one for each version")
	}
	stable, err := r.find(ro, found, "VirtualNode", place{names.stable, stablePath})
	if err != nil {
		return nil, err
	}
	canary, err := r.find(ro, found, "VirtualNode", place{names.canary, canaryPath})
	if err != nil {
		return nil, err
	}
	selectPods(ro, stable, canary, want)
	router, err := r.router(ro, found)
	if err != nil {
		return nil, err
	}
	lowered, err := edit{names: names, namespace: ro.Namespace, router: router}.weigh(entry.Percent(ro, want))
	if err != nil {
		return nil, err
	}
	if lowered {
		return []*unstructured.Unstructured{stable, router, canary}, nil
	}
	return []*unstructured.Unstructured{stable, canary, router}, nil
}

// router finds the VirtualRouter behind the VirtualService.
func (r Renderer) router(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) (*unstructured.Unstructured, error) {
	names, _ := named(ro)
	service, err := r.find(ro, found, "VirtualService", place{names.service, servicePath.Child("name")})
	if err != nil {
		return nil, err
	}
	ref := []string{"spec", "provider", "virtualRouter", "virtualRouterRef"}
	name := entry.Text(service.Object, append(ref, "name")...)
	if name == "" {
		text := fmt.Sprintf("VirtualService `%s` has no VirtualRouter: let its spec.provider.virtualRouter.virtualRouterRef name one", names.service)
		return nil, field.Invalid(servicePath.Child("name"), names.service, text)
	}
	if namespace := cmp.Or(entry.Text(service.Object, append(ref, "namespace")...), ro.Namespace); namespace != ro.Namespace {
		text := fmt.Sprintf("the VirtualRouter of VirtualService `%s` is in namespace %q: it has to be in that of the Rollout, %q", names.service, namespace, ro.Namespace)
		return nil, field.Invalid(servicePath.Child("name"), names.service, text)
	}
	return r.find(ro, found, "VirtualRouter", place{name, servicePath.Child("name")})
}

// place is a name, and the field that leads to it.
type place struct {
	name string
	path *field.Path
}

// find returns a copy.
func (r Renderer) find(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, kind string, at place) (*unstructured.Unstructured, error) {
	object := traffic.Find(found, r.ref(ro, kind, at.name).Empty())
	if object == nil {
		text := fmt.Sprintf("%s `%s` not found: create it in namespace %q, or correct the name", kind, at.name, ro.Namespace)
		return nil, field.Invalid(at.path, at.name, text)
	}
	return object.DeepCopy(), nil
}

func (r Renderer) ref(ro *v1alpha1.Rollout, kind, name string) traffic.Ref {
	gvk := schema.GroupVersionKind{Group: group, Version: cmp.Or(r.Version, "v1beta2"), Kind: kind}
	return traffic.Ref{GroupVersionKind: gvk, Namespace: ro.Namespace, Name: name}
}

// names is what the Rollout says about its objects.
type names struct {
	service, canary, stable string
	routes                  []string
}

// named returns false where a name is missing; validation refuses that.
func named(ro *v1alpha1.Rollout) (names, bool) {
	spec := entry.Routing(ro)
	if spec == nil || spec.AppMesh == nil || spec.AppMesh.VirtualService == nil || spec.AppMesh.VirtualNodeGroup == nil {
		return names{}, false
	}
	nodes := spec.AppMesh.VirtualNodeGroup
	if nodes.CanaryVirtualNodeRef == nil || nodes.StableVirtualNodeRef == nil {
		return names{}, false
	}
	service := spec.AppMesh.VirtualService
	all := names{service.Name, nodes.CanaryVirtualNodeRef.Name, nodes.StableVirtualNodeRef.Name, service.Routes}
	return all, all.service != "" && all.canary != "" && all.stable != ""
}
