package terminate

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const patch = `{"spec":{"terminate":true}}`

// Command is "terminate analysisrun NAME..." and "terminate experiment NAME...".
func Command(f *cluster.Factory) *cobra.Command {
	runs := verb{kind: v1alpha1.AnalysisRunGVK, word: "analysisRun", done: "terminated"}
	experiments := verb{kind: v1alpha1.ExperimentGVK, word: "experiment", done: "terminated"}
	if f.Voice.Plugin() {
		experiments.done = "retried" // Compat: scripts wait for this word
	}
	return cluster.Group("terminate", "End an AnalysisRun or an Experiment early",
		runs.command(f, "analysisrun", "ar", "analysisruns"), experiments.command(f, "experiment", "exp", "experiments"))
}

// verb is the command for one kind.
type verb struct {
	kind       schema.GroupVersionKind
	word, done string
}

func (v verb) command(f *cluster.Factory, name string, aliases ...string) *cobra.Command {
	each := cluster.Each{Kind: v.word, Done: v.done, Do: func(ctx context.Context, c *cluster.Cluster, name string) error {
		return c.PatchOther(ctx, v.kind, name, patch)
	}}
	return &cobra.Command{
		Use:               name + " NAME...",
		Aliases:           aliases,
		Short:             "End an " + v.kind.Kind + " early; what it found until then counts",
		Args:              cluster.SomeNamesOf(v.kind.Kind),
		ValidArgsFunction: f.Names(v.kind),
		RunE:              each.Run(f),
	}
}
