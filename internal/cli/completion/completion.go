package completion

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

// Command is "completion SHELL".
func Command(f *cluster.Factory) *cobra.Command {
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a completion script for a shell",
		Long:      long(f.Voice.Binary()),
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return terminal.Usage("completion takes one of %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), f.IO.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			}
			return root.GenPowerShellCompletionWithDesc(out)
		},
	}
}

func long(program string) string {
	return `Print a completion script for a shell, for example
  source <(` + program + ` completion bash)

To complete behind kubectl itself, link the program once more, on the PATH:
  ln -s "$(command -v ` + program + `)" ~/bin/kubectl_complete-` + strings.TrimPrefix(program, "kubectl-")
}
