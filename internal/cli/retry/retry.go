package retry

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const patch = `{"status":{"abort":false}}`

// Command is "retry rollout NAME...".
func Command(f *cluster.Factory) *cobra.Command {
	verb := cluster.Each{Done: "retried", Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.PatchStatus(ctx, name, patch, patch)
	}}
	return cluster.Group("retry", "Start an aborted update again", &cobra.Command{
		Use:               "rollout NAME...",
		Aliases:           []string{"ro", "rollouts"},
		Short:             "Start an aborted update again from its first step",
		Args:              cluster.SomeNames,
		ValidArgsFunction: f.CompleteNames,
		RunE:              verb.Run(f),
	})
}
