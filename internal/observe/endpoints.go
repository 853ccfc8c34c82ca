package observe

import (
	"context"
	"fmt"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// endpoints are the pods that get what is sent to a Service, by the name of the Service. Only routers ask: where pods themselves are the
// shares, there is nothing that could run ahead of them.
func (e *Eye) endpoints(ctx context.Context, ro *v1alpha1.Rollout) (map[string][]string, error) {
	if canary := ro.Spec.Strategy.Canary; canary == nil || canary.TrafficRouting == nil {
		return nil, nil
	}
	found := map[string][]string{}
	for _, name := range v1alpha1.ServiceNames(ro) {
		slices := &discoveryv1.EndpointSliceList{}
		if err := e.Reader.List(ctx, slices, client.InNamespace(ro.Namespace), client.MatchingFields{ByService: name}); err != nil {
			return nil, fmt.Errorf("reading the EndpointSlices of Service %q: %w", name, err)
		}
		found[name] = readyPods(slices.Items)
	}
	return found, nil
}

func readyPods(slices []discoveryv1.EndpointSlice) []string {
	var pods []string
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			ready := endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
			if ready && endpoint.TargetRef != nil && endpoint.TargetRef.Kind == "Pod" {
				pods = append(pods, endpoint.TargetRef.Name)
			}
		}
	}
	return pods
}

// SlimSlice leaves of an EndpointSlice what endpoints reads: there is one for every hundred pods of the cluster. It has the shape of a
// cache's transform.
func SlimSlice(object any) (any, error) {
	slice, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return object, nil
	}
	slice.ManagedFields, slice.Annotations, slice.OwnerReferences, slice.Ports = nil, nil, nil, nil
	for i, endpoint := range slice.Endpoints {
		slice.Endpoints[i] = discoveryv1.Endpoint{Conditions: discoveryv1.EndpointConditions{Ready: endpoint.Conditions.Ready}, TargetRef: endpoint.TargetRef}
	}
	return slice, nil
}

// SliceService names the Service that a slice belongs to.
func SliceService(object client.Object) string {
	return object.GetLabels()[discoveryv1.LabelServiceName]
}
