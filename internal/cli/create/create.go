package create

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/get"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// Command is "create -f FILE..." and, below it, "create analysisrun".
func Command(f *cluster.Factory) *cobra.Command {
	var files []string
	var watch bool
	cmd := &cobra.Command{
		Use:   "create -f FILE",
		Short: "Make a Rollout, an Experiment, an AnalysisRun or a template from a file",
		Args:  cluster.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(files) == 0 {
				return terminal.Usage("create takes a file: %s", cmd.UseLine())
			}
			return run(cmd.Context(), f, files, watch)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&files, "filename", "f", nil, "A file with one or several objects; - is the standard input. May be given several times")
	flags.BoolVarP(&watch, "watch", "w", false, "Show the Rollout or Experiment that was made, whenever it changes")
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	cmd.AddCommand(runCommand(f))
	return cmd
}

func run(ctx context.Context, f *cluster.Factory, files []string, watch bool) error {
	c, err := f.Open()
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for _, file := range files {
		found, err := manifests{IO: f.IO, namespace: c.Namespace}.read(file)
		if err != nil {
			return err
		}
		objects = append(objects, found...)
	}
	if err := watchable(objects, watch); err != nil {
		return err
	}
	for _, object := range objects {
		if err := c.Create(ctx, object); err != nil {
			return err
		}
		fmt.Fprint(f.IO.Out, f.Voice.Made(spoken(f, object.GetKind()), object.GetName(), "created"))
	}
	if !watch {
		return nil
	}
	if name := objects[0].GetName(); objects[0].GetKind() == v1alpha1.ExperimentKind {
		return get.WatchExperiment(ctx, f, name)
	}
	return get.WatchRollout(ctx, f, objects[0].GetName())
}

// spoken is how a kind is called in the answer.
func spoken(f *cluster.Factory, kind string) string {
	if f.Voice.Plugin() && kind == v1alpha1.ClusterAnalysisTemplateKind {
		return v1alpha1.AnalysisTemplateKind // Compat: both kinds of templates bear one name
	}
	return kind
}

func watchable(objects []*unstructured.Unstructured, watch bool) error {
	switch {
	case !watch:
		return nil
	case len(objects) > 1:
		return terminal.Usage("Cannot watch multiple resources: leave --watch out, or make them one by one")
	case !slices.Contains([]string{v1alpha1.RolloutKind, v1alpha1.ExperimentKind}, objects[0].GetKind()):
		return terminal.Usage("Can only watch resources of type Rollout or Experiment, not %s", objects[0].GetKind())
	}
	return nil
}
