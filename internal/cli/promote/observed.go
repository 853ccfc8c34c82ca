package promote

import (
	"context"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// patience is how long a controller may take to see a change of the spec.
const patience = 10 * time.Second

// awaitObserved waits until the status speaks of the present spec. A promotion decided by the status of the last version
// would be forgotten, or not even be sent, and yet reported: "set image" and "promote --full" in one script.
func awaitObserved(ctx context.Context, c *cluster.Cluster, name string) error {
	ro, err := c.Rollout(ctx, name)
	if err != nil || observed(ro) {
		return err
	}
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	feed, err := c.FollowRollout(waiting, name)
	for err == nil {
		if ro, err = feed.Rollout(name); err != nil || observed(ro) {
			return err
		}
		select {
		case <-feed.Changed:
			err = feed.Err(waiting)
		case <-waiting.Done():
			err = waiting.Err()
		}
	}
	if ctx.Err() == nil && waiting.Err() != nil {
		return terminal.Fail("the controller has not seen the latest change of rollout %q within %s: is it running?", name, patience)
	}
	return err
}

// observed believes a status that does not say which generation it speaks of.
func observed(ro *v1alpha1.Rollout) bool {
	return ro.Status.ObservedGeneration == 0 || int64(ro.Status.ObservedGeneration) >= ro.Generation
}
