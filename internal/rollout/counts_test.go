package rollout

import (
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// TestPodsOnTopAreNotMultiplied: an autoscaler that holds a value per pod answers with the number it sees, so a surge that it saw would
// become the next number of replicas.
func TestPodsOnTopAreNotMultiplied(t *testing.T) {
	for name, test := range map[string]struct{ stable, canary, want int32 }{
		"at rest":         {10, 0, 10},
		"with a surge":    {10, 3, 10},
		"while they come": {4, 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			turn := begin(World{Rollout: &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Replicas: new(int32(10))}}}, later)
			stable, canary := set("stable", test.stable, ""), set("canary", test.canary, "")
			stable.Status.Replicas, canary.Status.Replicas = test.stable, test.canary
			turn.revisions.New, turn.revisions.Stable = canary, stable
			counted(turn)
			if got := turn.status.HPAReplicas; got != test.want {
				t.Errorf("the autoscaler sees %d, want %d", got, test.want)
			}
		})
	}
}
