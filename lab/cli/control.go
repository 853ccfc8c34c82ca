package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/lab/control"
	"github.com/kanari-dev/kanari/lab/folder"
	"github.com/kanari-dev/kanari/lab/supervise"
)

// target is the running lab that a command talks to.
type target struct{ dir string }

func (t *target) add(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&t.dir, "dir", "", "folder of the lab (default: KANARI_LAB_DIR, or the only lab that runs)")
}

// state of the lab; not finding one is the caller's mistake.
func (t *target) state() (folder.State, error) {
	s, err := folder.Find(t.dir)
	if err != nil {
		return s, supervise.BadInput{Err: err}
	}
	return s, nil
}

// send carries a command to the lab and copies its answer to out.
func (t *target) send(ctx context.Context, out io.Writer, method string, body any, path ...string) error {
	s, err := t.state()
	if err != nil {
		return err
	}
	answer, err := control.Client(s.Control).Do(ctx, method, body, path...)
	if errors.Is(err, control.ErrRefused) {
		return supervise.BadInput{Err: err}
	}
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(out, answer)
	if ctx.Err() != nil {
		return nil // stopped on purpose
	}
	return err
}

func newChaos() *cobra.Command {
	var lab target
	cmd := &cobra.Command{Use: "chaos", Short: "Break things in a running lab, and mend them", Args: oneOfMine, RunE: help}
	lab.add(cmd)
	add := func(use, short string, path func(args []string) []string) {
		count := len(strings.Fields(use)) - 1
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Args: wordsFor(use, count), RunE: func(cmd *cobra.Command, args []string) error {
			return lab.send(cmd.Context(), io.Discard, http.MethodPost, nil, path(args)...)
		}})
	}
	add("node-down NODE", "Lose a node: its pods stop answering and are not ready", func(a []string) []string { return []string{"nodes", a[0], "down"} })
	add("node-up NODE", "Bring a node back", func(a []string) []string { return []string{"nodes", a[0], "up"} })
	add("zone-down ZONE", "Lose every node of a zone", func(a []string) []string { return []string{"zones", a[0], "down"} })
	add("zone-up ZONE", "Bring every node of a zone back", func(a []string) []string { return []string{"zones", a[0], "up"} })
	add("pod-crash [NAMESPACE/]POD", "Kill a pod's containers", func(a []string) []string { return append(pod(a[0]), "crash") })
	add("pod-ready [NAMESPACE/]POD true|false", "Keep a pod from being ready, or let it be", func(a []string) []string { return append(pod(a[0]), "ready", a[1]) })
	add("apiserver-restart", "End the API server, which cuts every watch, and start another one over the same data", func([]string) []string { return []string{"apiserver", "restart"} })
	return cmd
}

// pod is the path of a pod named as NAMESPACE/POD or POD.
func pod(name string) []string {
	namespace, short, ok := strings.Cut(name, "/")
	if !ok {
		namespace, short = "default", name
	}
	return []string{"pods", namespace, short}
}

func wordsFor(use string, count int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != count {
			return supervise.BadInput{Err: fmt.Errorf("want: %s", use)}
		}
		return nil
	}
}

func newVersions() *cobra.Command {
	var lab target
	cmd := &cobra.Command{
		Use: "versions", Short: "Print each served image with its behaviour and counts, as JSON", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return lab.send(cmd.Context(), os.Stdout, http.MethodGet, nil, "versions")
		},
	}
	lab.add(cmd)
	return cmd
}

func newVersionSet() *cobra.Command {
	var lab target
	var rate float64
	var latency string
	const use = "version-set IMAGE"
	cmd := &cobra.Command{
		Use: use, Short: "Change how the pods of an image answer, while they run", Args: wordsFor(use, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := control.Change{Image: args[0]}
			if cmd.Flags().Changed("error-rate") {
				change.ErrorRate = &rate
			}
			if cmd.Flags().Changed("latency") {
				change.Latency = &latency
			}
			return lab.send(cmd.Context(), io.Discard, http.MethodPost, change, "versions")
		},
	}
	cmd.Flags().Float64Var(&rate, "error-rate", 0, "share of requests answered with 500, 0 to 1")
	cmd.Flags().StringVar(&latency, "latency", "0s", "time before each answer")
	lab.add(cmd)
	return cmd
}
