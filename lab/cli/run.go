package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/lab/supervise"
)

func newRun() *cobra.Command {
	var flags startFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARGUMENT...]",
		Short: "Start a lab, run a command with KUBECONFIG set, stop, and pass on its exit code",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return supervise.BadInput{Err: errors.New("run needs a command: kanari-lab run -- COMMAND")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), &flags, args)
		},
	}
	cmd.Flags().SetInterspersed(false)
	flags.add(cmd.Flags())
	return cmd
}

func run(ctx context.Context, flags *startFlags, args []string) error {
	program, err := exec.LookPath(args[0])
	if err != nil {
		return supervise.BadInput{Err: fmt.Errorf("running %q: it is not found or not executable", args[0])}
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	lab, err := startLab(flags)
	if err != nil {
		return err
	}
	defer lab.Stop()
	cmd := command(program, args, lab)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running %q: %w", args[0], err)
	}
	return attend(cmd, events{signals, flags.orphaned(ctx), lab.Ended()})
}

func command(program string, args []string, lab *supervise.Lab) *exec.Cmd {
	cmd := exec.Command(program, args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), lab.State.Environment()...)
	if self, err := os.Executable(); err == nil {
		cmd.Env = append(cmd.Env, "KANARI_LAB="+self)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// events are what can happen while a command runs.
type events struct {
	signals  <-chan os.Signal
	orphaned <-chan struct{}
	ended    <-chan struct{} // the lab, by itself
}

// attend waits for a command that has been started; whatever happens before its end is passed on as a signal.
func attend(cmd *exec.Cmd, e events) error {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-e.signals:
			_ = cmd.Process.Signal(s) // it may just have ended
		case <-e.orphaned:
			e.orphaned = nil
			_ = cmd.Process.Signal(syscall.SIGTERM)
		case <-e.ended:
			e.ended = nil
			fmt.Fprintln(os.Stderr, "kanari-lab: the lab broke down; start it with --keep to see its log")
			_ = cmd.Process.Signal(syscall.SIGTERM)
		case err := <-done:
			return codeOf(err)
		}
	}
}

// codeOf passes on how a command ended, the way a shell does.
func codeOf(err error) error {
	var ended *exec.ExitError
	if err == nil || !errors.As(err, &ended) {
		return err
	}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exit(128 + int(status.Signal()))
	}
	return exit(ended.ExitCode())
}
