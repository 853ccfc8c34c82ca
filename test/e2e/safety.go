package e2e

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Unsafe finds the moments at which a request could have been lost or sent to the wrong pods. Each kind of fault is told once.
func (tr Trace) Unsafe() []string {
	seen := map[string]bool{}
	var faults []string
	hashed := map[string]bool{} // Services that have had a hash
	for entry, state := range tr.States() {
		for _, fault := range append(state.unhashed(hashed), state.unserved()...) {
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
		if ro.Spec.Strategy.Canary == nil || ro.Spec.Strategy.Canary.TrafficRouting == nil || condition(ro, v1alpha1.RolloutHealthy) == nil {
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

func (s *State) available(hash string) bool {
	rs := s.hashed(hash)
	return rs != nil && rs.Status.AvailableReplicas > 0
}
