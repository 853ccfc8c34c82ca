package cluster

import (
	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// OneName demands exactly one argument, the name of a Rollout.
func OneName(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return terminal.Usage("%s takes the name of one Rollout, not %d: %s", cmd.Name(), len(args), cmd.UseLine())
	}
	return nil
}

// SomeNames demands at least one argument.
func SomeNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return terminal.Usage("%s takes the name of a Rollout: %s", cmd.Name(), cmd.UseLine())
	}
	return nil
}

// NoArguments demands that there are none.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return terminal.Usage("%s takes no arguments, but got %q: %s", cmd.Name(), args[0], cmd.UseLine())
	}
	return nil
}

// Group is a command that only has commands below it.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return terminal.Usage("%s knows no %q: %s", cmd.Name(), args[0], commands[0].UseLine())
			}
			return terminal.Usage("%s what? %s", cmd.Name(), commands[0].UseLine())
		},
	}
	group.AddCommand(commands...)
	return group
}
