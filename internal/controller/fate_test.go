package controller

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestUrgencyEndsWithItsTurn: a Rollout that was aborted must not overtake fresh aborts for as long as its timers run.
func TestUrgencyEndsWithItsTurn(t *testing.T) {
	now := time.Unix(1, 0)
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "rollouts"}, "web", errors.New("changed"))
	cases := map[string]struct {
		fate fate
		ends bool
	}{
		"it waits for a moment":                   {fate{wake: now.Add(time.Minute), now: now}, true},
		"somebody was faster, so it is not done":  {fate{err: conflict, now: now}, false},
		"the status was written and nothing more": {fate{now: now}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			result, err := c.fate.result()
			if err != nil {
				t.Fatal(err)
			}
			if ends := result.Priority != nil && *result.Priority == 0; ends != c.ends {
				t.Errorf("priority afterwards: %v", result.Priority)
			}
		})
	}
}
