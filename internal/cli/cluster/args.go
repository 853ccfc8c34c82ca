package cluster

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// OneName demands exactly one argument, the name of a Rollout.
func OneName(cmd *cobra.Command, args []string) error { return OneNameOf("Rollout")(cmd, args) }

// SomeNames demands at least one argument.
func SomeNames(cmd *cobra.Command, args []string) error { return SomeNamesOf("Rollout")(cmd, args) }

// OneNameOf demands exactly one argument, the name of such an object.
func OneNameOf(kind string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return terminal.Usage("%s takes the name of one %s, not %d: %s", cmd.Name(), kind, len(args), cmd.UseLine())
		}
		return nil
	}
}

// SomeNamesOf demands at least one argument, the names of such objects.
func SomeNamesOf(kind string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return terminal.Usage("%s takes the name of %s %s: %s", cmd.Name(), article(kind), kind, cmd.UseLine())
		}
		return nil
	}
}

func article(word string) string {
	if strings.ContainsRune("AEIOU", rune(word[0])) {
		return "an"
	}
	return "a"
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
