package e2e

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Unsafe finds the moments at which a request could have been lost or sent to the wrong pods. Each kind of fault is told once.
func (tr Trace) Unsafe() []string { return tr.UnsafeAfter(0) }

// UnsafeAfter leaves out how the first writes up to a version came about, as where a record begins in the middle: until it has all that was
// there, it holds moments that never were.
func (tr Trace) UnsafeAfter(version uint64) []string {
	seen := map[string]bool{}
	var faults []string
	hashed := map[string]bool{} // Services that have had a hash
	served := map[string]bool{} // and those that have led to pods
	for entry, state := range tr.After(version) {
		for _, fault := range slices.Concat(state.unhashed(hashed), state.unserved(), state.astray(served)) {
			if !seen[fault] {
				seen[fault] = true
				faults = append(faults, fmt.Sprintf("%s (after %s)", fault, entry))
			}
		}
	}
	return faults
}

// unhashed finds Services that had a hash and have lost it: they select the pods of every revision.
func (s *State) unhashed(before map[string]bool) []string {
	var faults []string
	for _, service := range s.all("Service") {
		name := service.GetName()
		if s.selected(name) != "" {
			before[name] = true
		}
		if before[name] && s.selected(name) == "" {
			faults = append(faults, fmt.Sprintf("Service %s lost its hash", name))
		}
	}
	return faults
}

// unserved finds shares of requests that lead to a revision without an available pod.
func (s *State) unserved() []string {
	var faults []string
	for _, object := range s.all("Rollout") {
		ro := read[v1alpha1.Rollout](object)
		if !routed(ro) || condition(ro, v1alpha1.RolloutHealthy) == nil {
			continue // before it was healthy for the first time there is nothing to lose
		}
		router := s.router(ro)
		weight, _ := router.weight(s)
		stable, canary, _ := router.receivers(s)
		if weight > 0 && !s.available(canary) {
			faults = append(faults, fmt.Sprintf("%d%% of the requests for %s reach no canary pod (%s)", weight, ro.Name, s.label(canary)))
		}
		if weight < 100 && !s.available(stable) {
			faults = append(faults, fmt.Sprintf("%d%% of the requests for %s reach no stable pod (%s)", 100-weight, ro.Name, s.label(stable)))
		}
	}
	return faults
}

// routed tells whether more than the number of pods decides who gets the requests.
func routed(ro *v1alpha1.Rollout) bool {
	canary := ro.Spec.Strategy.Canary
	return ro.Spec.Strategy.BlueGreen != nil || canary != nil && canary.TrafficRouting != nil
}

// astray finds shares of requests for Services, of a Rollout or of its Experiment, that led to pods once and no longer do.
func (s *State) astray(before map[string]bool) []string {
	for _, service := range s.all("Service") {
		if s.available(s.selected(service.GetName())) {
			before[service.GetName()] = true
		}
	}
	var faults []string
	for _, object := range s.all("VirtualService") {
		routes, _, _ := unstructured.NestedSlice(object.Object, "spec", "http")
		for _, entry := range routes {
			fields, _ := entry.(map[string]any)
			for host, weight := range shares(fields, "host") {
				if weight > 0 && before[host] && !s.available(s.selected(host)) {
					faults = append(faults, fmt.Sprintf("%d%% of the requests of VirtualService %s reach no pod of Service %s", weight, object.GetName(), host))
				}
			}
		}
	}
	return faults
}

func (s *State) available(hash string) bool {
	rs := s.hashed(hash)
	return rs != nil && rs.Status.AvailableReplicas > 0
}
