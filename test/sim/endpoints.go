package sim

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var sliceKind = schema.GroupKind{Group: discoveryv1.GroupName, Kind: "EndpointSlice"}

// reach is what is known about the pods behind a Service.
type reach struct {
	pods  []string  // as its EndpointSlice says
	since time.Time // the moment from which on that is not the truth; zero when it is
}

// publish lets EndpointSlices follow the pods and the selectors of Services, each SliceLag after it fell behind.
func (w *World) publish() {
	sets := w.ReplicaSets()
	for _, which := range w.Server.of(serviceKind) {
		service := w.Service(which.key.Name)
		want, known := w.selected(service, sets), w.reached[service.Name]
		if slices.Equal(known.pods, want) {
			w.reached[service.Name] = reach{pods: want}
			continue
		}
		if known.since.IsZero() {
			known.since = w.Clock
		}
		if w.Clock.Before(known.since.Add(w.SliceLag)) {
			w.reached[service.Name] = known
			continue
		}
		w.reached[service.Name] = reach{pods: want}
		w.slice(service.Name, want)
	}
}

// published is the next moment at which an EndpointSlice follows; zero for none.
func (w *World) published() time.Time {
	var next time.Time
	for _, r := range w.reached {
		if at := r.since.Add(w.SliceLag); !r.since.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// selected are the names of the ready pods that a Service selects.
func (w *World) selected(service *corev1.Service, sets []*appsv1.ReplicaSet) []string {
	if len(service.Spec.Selector) == 0 {
		return nil
	}
	selector, matching := labels.SelectorFromSet(service.Spec.Selector), map[string]bool{}
	for _, rs := range sets {
		matching[rs.Name] = selector.Matches(labels.Set(rs.Spec.Template.Labels))
	}
	var names []string
	for _, p := range w.Pods {
		if matching[p.ReplicaSet] && p.State == Ready {
			names = append(names, p.Name)
		}
	}
	return names
}

// slice writes the EndpointSlice of a Service.
func (w *World) slice(service string, pods []string) {
	endpoints := make([]any, len(pods))
	for i, name := range pods {
		endpoints[i] = map[string]any{"conditions": map[string]any{"ready": true}, "targetRef": map[string]any{"kind": "Pod", "name": name}}
	}
	which := id{sliceKind, w.key(service + "-slice")}
	w.Server.put(which, w.Server.objects[which], map[string]any{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": endpoints,
		"metadata": map[string]any{"name": which.key.Name, "namespace": which.key.Namespace, "labels": map[string]any{discoveryv1.LabelServiceName: service}},
	})
}
