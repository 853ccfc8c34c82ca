package get

import (
	"context"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/view"
)

// subject is what is shown.
type subject interface {
	// read looks once.
	read(ctx context.Context, c *cluster.Cluster) (sight, error)
	// follow keeps a copy; present is what the copy shows now.
	follow(ctx context.Context, c *cluster.Cluster) (*cluster.Feed, error)
	present(feed *cluster.Feed) (sight, error)
}

// sight is what was seen of a subject and around it: a Rollout, or the experiment.
type sight struct {
	view.Objects
	experiment *v1alpha1.Experiment
}

type rollout struct{ name string }

func (r rollout) read(ctx context.Context, c *cluster.Cluster) (sight, error) {
	objects, err := c.Objects(ctx, r.name)
	return sight{Objects: objects}, err
}

func (r rollout) follow(ctx context.Context, c *cluster.Cluster) (*cluster.Feed, error) {
	return c.FollowObjects(ctx, r.name)
}

func (r rollout) present(feed *cluster.Feed) (sight, error) {
	objects, err := feed.Objects(r.name)
	return sight{Objects: objects}, err
}

type experiment struct{ name string }

func (e experiment) read(ctx context.Context, c *cluster.Cluster) (sight, error) {
	found, around, err := c.ExperimentObjects(ctx, e.name)
	return sight{Objects: around, experiment: found}, err
}

func (e experiment) follow(ctx context.Context, c *cluster.Cluster) (*cluster.Feed, error) {
	return c.FollowExperiment(ctx, e.name)
}

func (e experiment) present(feed *cluster.Feed) (sight, error) {
	found, around, err := feed.ExperimentObjects(e.name)
	return sight{Objects: around, experiment: found}, err
}
