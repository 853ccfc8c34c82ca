package sim

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// answersWhatWasRead: the Rollout is written only as long as it is the one that was read. Its status is the mailbox of people, and what
// they put there in between must not be lost.
func (l *Laws) answersWhatWasRead(which id, before, after map[string]any) error {
	if which.kind != rolloutKind {
		return nil
	}
	read := l.view.version
	l.view.version = versionOf(after)
	if versionOf(before) != read {
		return fmt.Errorf("version %s of the Rollout was read, and version %s overwritten", read, versionOf(before))
	}
	return nil
}

// ownWritesAreSeen: nobody decides before the caches show what he wrote himself. (Caches here stall for less than the time after which
// they are believed anyway.)
func ownWritesAreSeen(w *World) error {
	for which, version := range w.own {
		stalled, old := w.stalls[which.kind]
		if !old || stalled.version >= version {
			delete(w.own, which)
			continue
		}
		return fmt.Errorf("it decides without having seen its own write of %s %s", which.kind.Kind, which.key.Name)
	}
	return nil
}

// servicesSelectARevision: a Service that selects a revision selects one that exists.
func servicesSelectARevision(w *World) error {
	ro := w.Rollout()
	if ro == nil {
		return nil
	}
	hashes := map[string]bool{"": true}
	for _, rs := range w.ReplicaSets() {
		hashes[revision.HashOf(rs)] = true
	}
	for _, name := range v1alpha1.ServiceNames(ro) {
		if hash := w.selects(name); !hashes[hash] {
			return fmt.Errorf("Service %s selects %s, which no ReplicaSet has", name, w.Label(hash))
		}
	}
	return nil
}

// foreignUntouched: a write leaves alone what is not ours, down to the last field.
func foreignUntouched(w *World, which id, before, after map[string]any) error {
	ours, known := ourPart(w, before)[which.kind.Kind]
	ro := w.Rollout()
	if !known || before == nil || ro == nil || ro.Spec.Strategy.Canary == nil {
		return nil
	}
	if after == nil {
		return fmt.Errorf("%s %s was deleted, and is not ours", which.kind.Kind, which.key.Name)
	}
	if same(without(before, ours), without(after, ours)) {
		return nil
	}
	return fmt.Errorf("what is not ours of %s %s was changed: %v became %v", which.kind.Kind, which.key.Name, without(before, ours), without(after, ours))
}

// without is an object as its owner knows it.
func without(object map[string]any, ours func(object map[string]any)) map[string]any {
	rest := runtime.DeepCopyJSON(object)
	for _, field := range []string{"resourceVersion", "generation"} {
		unstructured.RemoveNestedField(rest, "metadata", field)
	}
	unstructured.RemoveNestedField(rest, "metadata", "annotations", v1alpha1.ManagedByRolloutsKey)
	if annotations, _, _ := unstructured.NestedMap(rest, "metadata", "annotations"); len(annotations) == 0 {
		unstructured.RemoveNestedField(rest, "metadata", "annotations")
	}
	ours(rest)
	return rest
}

// ourPart takes from an object, by its kind, what the controller may write.
func ourPart(w *World, before map[string]any) map[string]func(map[string]any) {
	return map[string]func(map[string]any){
		"Service": func(object map[string]any) {
			unstructured.RemoveNestedField(object, "spec", "selector", v1alpha1.DefaultRolloutUniqueLabelKey)
		},
		"Rollout": func(object map[string]any) {
			delete(object, "status")
			unstructured.RemoveNestedField(object, "metadata", "annotations")
			if _, given, _ := unstructured.NestedFieldNoCopy(before, "spec", "replicas"); !given {
				unstructured.RemoveNestedField(object, "spec", "replicas")
			}
		},
		"VirtualService": func(object map[string]any) {
			canary := w.Rollout().Spec.Strategy.Canary
			for _, protocol := range []string{"http", "tls", "tcp"} {
				routes, _, _ := unstructured.NestedFieldNoCopy(object, "spec", protocol)
				list, _ := routes.([]any)
				list = slices.DeleteFunc(list, func(entry any) bool { return isManaged(canary, text(entry, "name")) })
				for _, entry := range list {
					if _, is := w.routeFlow(entry.(map[string]any)); is {
						delete(entry.(map[string]any), "route")
					}
				}
				if len(list) > 0 {
					object["spec"].(map[string]any)[protocol] = list
				}
			}
		},
		"HTTPRoute": func(object map[string]any) {
			delete(object, "status")
			rules, _, _ := unstructured.NestedFieldNoCopy(object, "spec", "rules")
			for _, rule := range rules.([]any) {
				if w.backends(rule, func(string, int64) {}) {
					delete(rule.(map[string]any), "backendRefs")
				}
			}
		},
		"DestinationRule": func(object map[string]any) {
			rule := w.Rollout().Spec.Strategy.Canary.TrafficRouting.Istio.DestinationRule
			subsets, _, _ := unstructured.NestedFieldNoCopy(object, "spec", "subsets")
			for _, entry := range subsets.([]any) {
				if name := text(entry, "name"); name == rule.CanarySubsetName || name == rule.StableSubsetName {
					unstructured.RemoveNestedField(entry.(map[string]any), "labels", v1alpha1.DefaultRolloutUniqueLabelKey)
				}
			}
		},
	}
}

// isManaged tells whether a route is one that steps add and remove.
func isManaged(canary *v1alpha1.CanaryStrategy, name string) bool {
	return slices.ContainsFunc(canary.TrafficRouting.ManagedRoutes, func(r v1alpha1.MangedRoutes) bool { return r.Name == name })
}
