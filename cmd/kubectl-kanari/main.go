// Command kubectl-kanari is the kubectl plugin; called as kubectl-argo-rollouts it answers as that plugin.
package main

import (
	"os"

	"github.com/kanari-dev/kanari/internal/cli"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

func main() { os.Exit(cli.Main(os.Args, terminal.Standard())) }
