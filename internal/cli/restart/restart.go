package restart

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// Command is "restart NAME [--in DURATION]".
func Command(f *cluster.Factory) *cobra.Command {
	var delay string
	cmd := &cobra.Command{
		Use:               "restart NAME",
		Short:             "Replace every pod by a new one of the same version",
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd, f, args[0], delay)
		},
	}
	cmd.Flags().StringVarP(&delay, "in", "i", "0s", "How long from now the restart begins, such as 10s or 1h30m")
	return cmd
}

func run(cmd *cobra.Command, f *cluster.Factory, name, delay string) error {
	in, err := time.ParseDuration(delay)
	if err != nil {
		return terminal.Usage("--in=%q is no duration: write it like 10s, 5m or 1h30m", delay)
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	at := f.IO.Now().UTC().Add(in).Format(time.RFC3339)
	if err := c.Patch(cmd.Context(), name, fmt.Sprintf(`{"spec":{"restartAt":"%s"}}`, at)); err != nil {
		return err
	}
	fmt.Fprint(f.IO.Out, f.Voice.Done(name, "restarts in "+delay))
	return nil
}
