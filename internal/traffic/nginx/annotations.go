package nginx

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

const classAnnotation = "kubernetes.io/ingress.class"

// annotations is what the annotations of a canary Ingress are made from.
type annotations struct {
	ro     *v1alpha1.Rollout
	stable *unstructured.Unstructured
	want   traffic.Routing
}

// annotate lays ours over those that others have put on the object.
func annotate(object *unstructured.Unstructured, a annotations) {
	all := object.GetAnnotations()
	if all == nil {
		all = map[string]string{}
	}
	ours := a.ours()
	// A total from an earlier maxTrafficWeight would give the present weight another meaning.
	total := prefix(routing(a.ro)) + "/canary-weight-total"
	if _, ok := ours[total]; !ok {
		delete(all, total)
	}
	maps.Copy(all, ours)
	object.SetAnnotations(all)
}

// ours are laid over each other in a fixed order: the user's additional ones, the user's canary ones, then those that make it a canary.
func (a annotations) ours() map[string]string {
	spec, all := routing(a.ro), map[string]string{}
	if class, ok := a.stable.GetAnnotations()[classAnnotation]; ok {
		all[classAnnotation] = class
	}
	at := prefix(spec) + "/"
	for _, key := range slices.Sorted(maps.Keys(spec.AdditionalIngressAnnotations)) {
		value := spec.AdditionalIngressAnnotations[key]
		if !strings.HasPrefix(key, at) {
			key = at + key
		}
		all[key] = value
	}
	maps.Copy(all, spec.CanaryIngressAnnotations)
	all[at+"canary"] = "true"
	all[at+"canary-weight"] = strconv.Itoa(int(a.want.Canary.Weight))
	if total := a.ro.Spec.Strategy.Canary.TrafficRouting.MaxTrafficWeight; total != nil {
		all[at+"canary-weight-total"] = strconv.Itoa(int(*total))
	}
	return all
}
