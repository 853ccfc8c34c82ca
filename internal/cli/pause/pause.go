package pause

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const patch = `{"spec":{"paused":true}}`

// Command is "pause NAME...".
func Command(f *cluster.Factory) *cobra.Command {
	verb := cluster.Each{Done: "paused", Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.Patch(ctx, name, patch)
	}}
	return &cobra.Command{
		Use:               "pause NAME...",
		Short:             "Hold a Rollout where it is; promote resumes it",
		Args:              cluster.SomeNames,
		ValidArgsFunction: f.CompleteNames,
		RunE:              verb.Run(f),
	}
}
