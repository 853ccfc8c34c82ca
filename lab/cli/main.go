package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // the components' metrics of their clients
	_ "k8s.io/component-base/metrics/prometheus/version"  // and of their version
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"

	"github.com/kanari-dev/kanari/lab/cluster"
	"github.com/kanari-dev/kanari/lab/programs"
	"github.com/kanari-dev/kanari/lab/supervise"
)

const badInput = 2

// Main runs the command line and returns the exit code. Called as etcd or kube-apiserver it is that program, so that
// two symbolic links make the folder of binaries that envtest asks for.
func Main(args []string) int {
	switch filepath.Base(args[0]) {
	case "etcd":
		etcdmain.Main(args)
		return 0
	case "kube-apiserver":
		return cli.Run(apiserver.NewAPIServerCommand())
	}
	if len(args) > 1 && args[1] == supervise.InnerCommand {
		return cluster.Run()
	}
	if len(args) > 1 && args[1] == programs.EnterCommand {
		return exitCode(programs.Enter())
	}
	root := newRoot()
	root.SetArgs(args[1:])
	return exitCode(root.ExecuteContext(context.Background()))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "kanari-lab",
		Args:          oneOfMine,
		RunE:          help,
		Short:         "A Kubernetes cluster in one process: real control plane, pretended nodes, pods that answer",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return supervise.BadInput{Err: err} })
	root.AddCommand(newUp(), newRun(), newChaos(), newVersions(), newVersionSet(), newLoad(), newKubeconfig())
	return root
}

// oneOfMine refuses a word that is no subcommand; help is what a command with subcommands does without one.
func oneOfMine(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return supervise.BadInput{Err: fmt.Errorf("there is no command %q; see: %s --help", args[0], cmd.CommandPath())}
	}
	return nil
}

func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// exit is an error that has been told already, or needs no words.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	fmt.Fprintln(os.Stderr, "kanari-lab:", err)
	if errors.As(err, &supervise.BadInput{}) {
		return badInput
	}
	return 1
}
