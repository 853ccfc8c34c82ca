package rollout

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestPausesAreNeverShorter(t *testing.T) {
	full := time.Date(2026, 11, 21, 10, 0, 10, 0, time.UTC)
	for name, now := range map[string]time.Time{
		"at a full second":     full,
		"just after one":       full.Add(time.Millisecond),
		"just before the next": full.Add(999 * time.Millisecond),
	} {
		duration := intstr.FromString("30s")
		ro := &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			Steps: []v1alpha1.CanaryStep{{Pause: &v1alpha1.RolloutPause{Duration: &duration}}},
		}}}}
		turn := begin(World{Rollout: ro}, now)
		turn.beginPause()
		stored := turn.status.PauseConditions[0].StartTime.Rfc3339Copy()
		turn.status.PauseConditions[0].StartTime = stored
		end, limited := turn.pauseEnd()
		if !limited {
			t.Fatalf("%s: the pause has no end", name)
		}
		if lasted := end.Sub(now); lasted < 30*time.Second || lasted >= 31*time.Second {
			t.Errorf("%s: a pause of 30s lasts %s", name, lasted)
		}
	}
}
