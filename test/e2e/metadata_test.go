package e2e

import (
	"maps"
	"slices"
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// roles has pods wear a label and an annotation of their role.
var roles = []string{
	`canaryMetadata: {labels: {role: canary}, annotations: {example.com/role: canary}}`,
	`stableMetadata: {labels: {role: stable}, annotations: {example.com/role: stable}}`,
}

// Pods wear the metadata of the role that they play, from their first moment on, and none is replaced for it.
func TestPodsWearTheirRole(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 50}, {pause: {}}]`, More: roles})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.wear("stable", "stable")
	s.SetImage("web", green)
	s.AwaitPause("web", 1)
	s.wear("canary", "stable", "stable")
	canary := slices.Sorted(maps.Keys(s.state.living("web")))

	s.Promote("web")
	s.awaitSentence("2/2 Healthy 0% r1:2/2 r2:2/2 stable=r2 canary=r2")
	s.Await("version 2 to be stable in what its pods wear", func(now *State) bool {
		return slices.Equal(now.worn(hashOf(now, 2)), []string{"stable", "stable"})
	})
	for _, name := range canary {
		if s.state.living("web")[name] == nil {
			t.Errorf("Pod %s was replaced", name)
		}
	}
	for entry, state := range s.Trace().States() {
		if pod := state.living("web")[entry.Object.GetName()]; pod != nil && entry.of("Pod", pod.Name) {
			if role := pod.Labels["role"]; role == "" || role != pod.Annotations["example.com/role"] {
				t.Fatalf("Pod %s wears %v and %v (after %s)", pod.Name, pod.Labels, pod.Annotations, entry)
			}
		}
	}
	s.Safe()
}

// wear waits until the living pods wear these roles.
func (s *Scene) wear(roles ...string) {
	s.Helper()
	s.Await("roles of pods", func(now *State) bool { return slices.Equal(now.worn(""), roles) })
}

// worn are the roles that living pods wear, in order; of one revision only, if a hash is given.
func (s *State) worn(hash string) []string {
	var found []string
	for _, pod := range s.living("web") {
		if hash == "" || pod.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] == hash {
			found = append(found, pod.Labels["role"])
		}
	}
	slices.Sort(found)
	return found
}
