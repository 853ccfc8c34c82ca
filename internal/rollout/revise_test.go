package rollout

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestAnAbortMeetsANewTemplate(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		abortedAt *metav1.Time
		want      bool
	}{
		"an abort that was carried out ends with its template":        {&metav1.Time{Time: now.Add(-time.Minute)}, false},
		"an abort that nobody has looked at yet may mean the new one": {nil, true},
	} {
		ro := &v1alpha1.Rollout{
			Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{}}},
			Status: v1alpha1.RolloutStatus{
				Abort: true, AbortedAt: test.abortedAt, CurrentPodHash: "former", StableRS: "stable",
			},
		}
		turn := begin(World{Rollout: ro}, now)
		turn.hash = "newest"
		renewed(turn)
		if turn.status.Abort != test.want {
			t.Errorf("%s: abort is %t", name, turn.status.Abort)
		}
	}
}
