package retry

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const (
	patch = `{"status":{"abort":false}}`
	// anew makes an Experiment forget that it has run.
	anew = `{"status":null}`
)

// Command is "retry rollout NAME..." and "retry experiment NAME...".
func Command(f *cluster.Factory) *cobra.Command {
	return cluster.Group("retry", "Start an aborted update or an Experiment again", rollout(f), experiment(f))
}

func rollout(f *cluster.Factory) *cobra.Command {
	verb := cluster.Each{Done: "retried", Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.PatchStatus(ctx, name, patch, patch)
	}}
	return &cobra.Command{
		Use:               "rollout NAME...",
		Aliases:           []string{"ro", "rollouts"},
		Short:             "Start an aborted update again from its first step",
		Args:              cluster.SomeNames,
		ValidArgsFunction: f.CompleteNames,
		RunE:              verb.Run(f),
	}
}

func experiment(f *cluster.Factory) *cobra.Command {
	verb := cluster.Each{Kind: "experiment", Done: "retried", Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.PatchOther(ctx, v1alpha1.ExperimentGVK, name, anew)
	}}
	return &cobra.Command{
		Use:               "experiment NAME...",
		Aliases:           []string{"exp", "experiments"},
		Short:             "Start an Experiment again from the beginning",
		Args:              cluster.SomeNamesOf("Experiment"),
		ValidArgsFunction: f.Names(v1alpha1.ExperimentGVK),
		RunE:              verb.Run(f),
	}
}
