package endpoints

import (
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Directory answers questions about Services from caches.
type Directory struct {
	services cache.SharedIndexInformer
	slices   cache.SharedIndexInformer
	pods     cache.SharedIndexInformer
}

const byService = "service"

// Watch fills the caches and keeps them up to date until life ends; ctx bounds the filling.
func Watch(ctx, life context.Context, cfg *rest.Config) (*Directory, error) {
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(slim))
	d := &Directory{
		services: factory.Core().V1().Services().Informer(),
		slices:   factory.Discovery().V1().EndpointSlices().Informer(),
		pods:     factory.Core().V1().Pods().Informer(),
	}
	if err := d.slices.AddIndexers(cache.Indexers{byService: serviceOf}); err != nil {
		return nil, err
	}
	factory.Start(life.Done())
	if !cache.WaitForCacheSync(ctx.Done(), d.services.HasSynced, d.slices.HasSynced, d.pods.HasSynced) {
		return nil, fmt.Errorf("reading Services and their endpoints: %w", ctx.Err())
	}
	return d, nil
}

// slim keeps of a pod what the directory needs: its labels.
func slim(object any) (any, error) {
	if pod, ok := object.(*corev1.Pod); ok {
		pod.Spec, pod.Status = corev1.PodSpec{}, corev1.PodStatus{}
	}
	if m, err := meta.Accessor(object); err == nil {
		m.SetManagedFields(nil)
	}
	return object, nil
}

func serviceOf(object any) ([]string, error) {
	s, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return nil, nil
	}
	return []string{s.Namespace + "/" + s.Labels[discoveryv1.LabelServiceName]}, nil
}

// Query asks for endpoints of a Service.
type Query struct {
	Namespace, Name string
	Port            int32             // of the Service; 0: its first
	Labels          map[string]string // that the pods must have
}

// Exists tells whether there is such a Service.
func (d *Directory) Exists(namespace, name string) bool { return d.service(namespace, name) != nil }

func (d *Directory) service(namespace, name string) *corev1.Service {
	object, found, err := d.services.GetStore().GetByKey(namespace + "/" + name)
	if err != nil || !found {
		return nil
	}
	return object.(*corev1.Service)
}

// Ready returns the addresses of the ready endpoints.
func (d *Directory) Ready(q Query) []netip.AddrPort {
	service := d.service(q.Namespace, q.Name)
	if service == nil {
		return nil
	}
	port, ok := portName(service, q.Port)
	if !ok {
		return nil
	}
	slices, err := d.slices.GetIndexer().ByIndex(byService, q.Namespace+"/"+q.Name)
	if err != nil {
		return nil
	}
	var found []netip.AddrPort
	for _, s := range slices {
		found = append(found, d.readyIn(s.(*discoveryv1.EndpointSlice), port, labels.SelectorFromSet(q.Labels))...)
	}
	return found
}

func portName(s *corev1.Service, number int32) (string, bool) {
	for _, p := range s.Spec.Ports {
		if number == 0 || p.Port == number {
			return p.Name, true
		}
	}
	return "", false
}

func (d *Directory) readyIn(s *discoveryv1.EndpointSlice, port string, want labels.Selector) []netip.AddrPort {
	number, ok := slicePort(s, port)
	if !ok {
		return nil
	}
	var found []netip.AddrPort
	for _, e := range s.Endpoints {
		if e.Conditions.Ready == nil || !*e.Conditions.Ready || len(e.Addresses) == 0 || !d.labelled(s.Namespace, e.TargetRef, want) {
			continue
		}
		if a, err := netip.ParseAddr(e.Addresses[0]); err == nil {
			found = append(found, netip.AddrPortFrom(a, number))
		}
	}
	return found
}

func slicePort(s *discoveryv1.EndpointSlice, name string) (uint16, bool) {
	for _, p := range s.Ports {
		if p.Port != nil && (p.Name == nil && name == "" || p.Name != nil && *p.Name == name) {
			return uint16(*p.Port), true
		}
	}
	return 0, false
}

func (d *Directory) labelled(namespace string, target *corev1.ObjectReference, want labels.Selector) bool {
	if want.Empty() {
		return true
	}
	if target == nil {
		return false
	}
	pod, found, err := d.pods.GetStore().GetByKey(namespace + "/" + target.Name)
	return err == nil && found && want.Matches(labels.Set(pod.(*corev1.Pod).Labels))
}
