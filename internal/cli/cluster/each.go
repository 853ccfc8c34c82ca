package cluster

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// Each is a verb that does the same simple thing to every object named, and stops at the first that fails.
type Each struct {
	Kind string // as in "analysisRun"; empty is "rollout"
	Do   func(ctx context.Context, c *Cluster, name string) error
	Done string // past participle: "aborted"
}

// Run is the body of the command.
func (e Each) Run(f *Factory) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, names []string) error {
		c, err := f.Open()
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := e.Do(cmd.Context(), c, name); err != nil {
				return err
			}
			fmt.Fprint(f.IO.Out, f.Voice.DoneTo(cmp.Or(e.Kind, "rollout"), name, e.Done))
		}
		return nil
	}
}
