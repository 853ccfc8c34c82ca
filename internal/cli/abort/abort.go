package abort

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const patch = `{"status":{"abort":true}}`

// Command is "abort NAME...".
func Command(f *cluster.Factory) *cobra.Command {
	verb := cluster.Each{Done: "aborted", Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.PatchStatus(ctx, name, patch, patch)
	}}
	return &cobra.Command{
		Use:               "abort NAME...",
		Short:             "Take the traffic back to the stable version",
		Args:              cluster.SomeNames,
		ValidArgsFunction: f.CompleteNames,
		RunE:              verb.Run(f),
	}
}
