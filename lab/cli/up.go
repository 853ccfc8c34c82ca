package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/lab/folder"
	"github.com/kanari-dev/kanari/lab/supervise"
)

func newUp() *cobra.Command {
	var flags startFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a lab, print the path of its kubeconfig, and stay until stopped",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return up(cmd.Context(), &flags)
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return supervise.BadInput{Err: fmt.Errorf("%s takes no arguments, but was given %q", cmd.Name(), args[0])}
	}
	return nil
}

func up(ctx context.Context, flags *startFlags) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	lab, err := startLab(flags)
	if err != nil {
		return err
	}
	defer lab.Stop()
	fmt.Println(lab.State.Kubeconfig)
	select {
	case <-ctx.Done():
		return nil
	case <-flags.orphaned(ctx):
		fmt.Fprintln(os.Stderr, "kanari-lab: the process that started the lab has ended: stopping (see --keep-running)")
		return nil
	case <-lab.Ended():
		return errors.New("the lab broke down; start it with --keep to see its log")
	}
}

// startLab starts a lab and tells people how it went.
func startLab(flags *startFlags) (*supervise.Lab, error) {
	options, err := flags.resolve()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	lab, err := supervise.Start(options)
	if err != nil {
		return nil, err
	}
	tell(lab.State, time.Since(began))
	if len(options.Spec.Programs) > 0 && lab.State.Network == "mapped" {
		fmt.Fprintln(os.Stderr, "  programs    none: --program needs the private network; their pods stay in CreateContainerError")
	}
	return lab, nil
}

func tell(s folder.State, took time.Duration) {
	fmt.Fprintf(os.Stderr, "lab ready in %.1f s\n", took.Seconds())
	fmt.Fprintf(os.Stderr, "  API server  %s\n", s.API)
	fmt.Fprintf(os.Stderr, "  gateway     %s\n", s.Gateway)
	fmt.Fprintf(os.Stderr, "  control     %s\n", s.Control)
	fmt.Fprintf(os.Stderr, "  network     %s\n", networks[s.Network])
}

var networks = map[string]string{
	"private": "private: a network namespace of its own, pods and Services have real sockets on their addresses",
	"mapped":  "mapped: this kernel allows no network namespace, only the lab's gateway reaches pods and Services",
}

func (f *startFlags) orphaned(ctx context.Context) <-chan struct{} {
	if f.keepRunning {
		return nil
	}
	return supervise.Orphaned(ctx)
}
