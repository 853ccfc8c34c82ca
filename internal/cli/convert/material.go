package convert

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// material is an Ingress and what decides about it, all of one namespace.
type material struct {
	ingress  *networkingv1.Ingress
	others   []networkingv1.Ingress // some of them are its canaries
	rollouts []v1alpha1.Rollout     // those that use it
	services map[string]*corev1.Service
}

func (o order) material(ctx context.Context, f *cluster.Factory, name string) (material, error) {
	if len(o.files) > 0 {
		return fromFiles(f.IO, o.files, name)
	}
	c, err := f.Open()
	if err != nil {
		return material{}, err
	}
	return fromCluster(ctx, c, name)
}

func fromCluster(ctx context.Context, c *cluster.Cluster, name string) (material, error) {
	raw, err := c.RawIn(ctx, cluster.IngressGVK, "", name)
	if err != nil {
		return material{}, err
	}
	objects := []unstructured.Unstructured{*raw}
	all, err := c.RawList(ctx, cluster.IngressGVK)
	if err != nil {
		return material{}, err
	}
	objects = append(objects, slices.DeleteFunc(all, func(i unstructured.Unstructured) bool { return i.GetName() == name })...)
	rollouts, err := c.RawList(ctx, v1alpha1.RolloutGVK)
	if err != nil {
		return material{}, err
	}
	m, err := sorted(append(objects, rollouts...), name)
	if err != nil {
		return material{}, err
	}
	for _, service := range m.namesOfPorts() {
		raw, err := c.RawIn(ctx, cluster.ServiceGVK, "", service)
		if err != nil {
			return material{}, err
		}
		if m.services[service], err = typed[corev1.Service](raw); err != nil {
			return material{}, err
		}
	}
	return m, nil
}

// sorted finds the Ingress of that name and, in its namespace, what belongs to it. An object that names no namespace is of any.
func sorted(objects []unstructured.Unstructured, name string) (material, error) {
	m := material{services: map[string]*corev1.Service{}}
	named := func(o unstructured.Unstructured) bool { return o.GetKind() == "Ingress" && o.GetName() == name }
	at := slices.IndexFunc(objects, named)
	if at < 0 {
		return m, terminal.Fail("there is no Ingress %q in it", name)
	}
	if slices.ContainsFunc(objects[at+1:], named) {
		return m, terminal.Fail("there is more than one Ingress %q in it: leave the one that is meant", name)
	}
	namespace := objects[at].GetNamespace()
	var err error
	if m.ingress, err = typed[networkingv1.Ingress](&objects[at]); err != nil {
		return m, err
	}
	for i := range objects {
		if in := objects[i].GetNamespace(); i == at || (in != "" && namespace != "" && in != namespace) {
			continue
		}
		if err := m.add(&objects[i]); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m *material) add(object *unstructured.Unstructured) error {
	switch object.GetKind() {
	case "Ingress":
		other, err := typed[networkingv1.Ingress](object)
		if err != nil {
			return err
		}
		m.others = append(m.others, *other)
	case "Service":
		service, err := typed[corev1.Service](object)
		if err != nil {
			return err
		}
		m.services[service.Name] = service
	case v1alpha1.RolloutKind:
		ro, err := typed[v1alpha1.Rollout](object)
		if err != nil {
			return err
		}
		if slices.Contains(stableIngresses(ro), m.ingress.Name) {
			m.rollouts = append(m.rollouts, *ro)
		}
	}
	return nil
}

func typed[T any](object *unstructured.Unstructured) (*T, error) {
	into := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		return nil, terminal.Fail("%s %q: %s", object.GetKind(), object.GetName(), err)
	}
	return into, nil
}

// stableIngresses are those that a Rollout names; none where its router is not nginx.
func stableIngresses(ro *v1alpha1.Rollout) []string {
	canary := ro.Spec.Strategy.Canary
	if canary == nil || canary.TrafficRouting == nil || canary.TrafficRouting.Nginx == nil {
		return nil
	}
	nginx := canary.TrafficRouting.Nginx
	if nginx.StableIngress != "" {
		return []string{nginx.StableIngress}
	}
	return nginx.StableIngresses
}

// namesOfPorts are the Services that an Ingress here leads to by the name of a port: an HTTPRoute needs its number.
func (m material) namesOfPorts() []string {
	var all []string
	for _, ingress := range append([]networkingv1.Ingress{*m.ingress}, m.others...) {
		for _, backend := range backendsOf(&ingress) {
			if s := backend.Service; s != nil && s.Port.Name != "" && !slices.Contains(all, s.Name) && (ingress.Name == m.ingress.Name || m.canaryOf(&ingress)) {
				all = append(all, s.Name)
				all = append(all, m.canaryServices(s.Name)...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// canaryServices stand beside a stable Service, under the same name of a port.
func (m material) canaryServices(stable string) []string {
	var all []string
	for _, ro := range m.rollouts {
		if ro.Spec.Strategy.Canary.StableService == stable {
			all = append(all, ro.Spec.Strategy.Canary.CanaryService)
		}
	}
	return all
}

func backendsOf(ingress *networkingv1.Ingress) []networkingv1.IngressBackend {
	var all []networkingv1.IngressBackend
	if ingress.Spec.DefaultBackend != nil {
		all = append(all, *ingress.Spec.DefaultBackend)
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			all = append(all, path.Backend)
		}
	}
	return all
}

// prefix of the annotations, with its slash.
func (m material) prefix() string {
	for _, ro := range m.rollouts {
		if own := ro.Spec.Strategy.Canary.TrafficRouting.Nginx.AnnotationPrefix; own != "" {
			return own + "/"
		}
	}
	return "nginx.ingress.kubernetes.io/"
}

func (m material) canaryOf(other *networkingv1.Ingress) bool {
	return other.Annotations[m.prefix()+"canary"] == "true"
}

// byRollout tells whether a Rollout here has made that canary Ingress.
func (m material) byRollout(other *networkingv1.Ingress) bool {
	owner := metav1.GetControllerOf(other)
	return owner != nil && owner.Kind == v1alpha1.RolloutKind && slices.ContainsFunc(m.rollouts, func(ro v1alpha1.Rollout) bool { return ro.Name == owner.Name })
}
