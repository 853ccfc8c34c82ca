package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

var (
	virtualServices  = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	destinationRules = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"}
	httpRoutes       = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
	ingresses        = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
)

// objects are the stores of everything that makes the table.
type objects map[schema.GroupVersionResource]cache.Store

// watch calls changed after each change of an object, beginning with one call once all are known.
func watch(ctx, life context.Context, cfg *rest.Config, changed func(objects)) error {
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return err
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 0)
	found, dirty := objects{}, make(chan struct{}, 1)
	mark := func(any) {
		select {
		case dirty <- struct{}{}:
		default:
		}
	}
	var synced []cache.InformerSynced
	for _, resource := range []schema.GroupVersionResource{virtualServices, destinationRules, httpRoutes, ingresses} {
		informer := factory.ForResource(resource).Informer()
		if err := informer.SetTransform(slim); err != nil {
			return err
		}
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: mark, UpdateFunc: func(_, o any) { mark(o) }, DeleteFunc: mark})
		if err != nil {
			return err
		}
		found[resource], synced = informer.GetStore(), append(synced, informer.HasSynced)
	}
	factory.Start(life.Done())
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return fmt.Errorf("reading the routes: %w", ctx.Err())
	}
	changed(found)
	go func() {
		for {
			select {
			case <-life.Done():
				return
			case <-dirty:
				changed(found)
			}
		}
	}()
	return nil
}

func slim(object any) (any, error) {
	if m, err := meta.Accessor(object); err == nil {
		m.SetManagedFields(nil)
	}
	return object, nil
}

// table reads all objects. Among those that claim a host alike, VirtualServices go first, then HTTPRoutes, then
// Ingresses; within a kind the older object does.
func (o objects) table() table {
	var t table
	subsets := subsetsOf(read[destinationRule](o[destinationRules]))
	for _, v := range older(read[virtualService](o[virtualServices]), func(v virtualService) metadata { return v.Metadata }) {
		t = append(t, v.site(subsets))
	}
	for _, h := range older(read[httpRoute](o[httpRoutes]), func(h httpRoute) metadata { return h.Metadata }) {
		t = append(t, h.site())
	}
	ordered := older(read[ingress](o[ingresses]), func(i ingress) metadata { return i.Metadata })
	return append(t, ingressSites(ordered)...)
}

func read[T any](store cache.Store) []T {
	var all []T
	for _, object := range store.List() {
		var one T
		u := object.(*unstructured.Unstructured)
		if err := decode(u, &one); err != nil {
			klog.ErrorS(err, "reading a route", "kind", u.GetKind(), "object", klog.KObj(u))
			continue
		}
		all = append(all, one)
	}
	return all
}

func decode(u *unstructured.Unstructured, into any) error {
	text, err := u.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func older[T any](all []T, of func(T) metadata) []T {
	slices.SortFunc(all, func(x, y T) int {
		a, b := of(x), of(y)
		return cmp.Or(cmp.Compare(a.CreationTimestamp, b.CreationTimestamp), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return all
}
