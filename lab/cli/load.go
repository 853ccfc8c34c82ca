package cli

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/lab/load"
	"github.com/kanari-dev/kanari/lab/supervise"
)

func newLoad() *cobra.Command {
	var lab target
	var plan load.Plan
	var headers []string
	cmd := &cobra.Command{
		Use:   "load --host HOST",
		Short: "Send requests at a constant rate; print a JSON line a second and one in the end",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := addHeaders(&plan, headers); err != nil {
				return supervise.BadInput{Err: err}
			}
			if err := plan.Check(); err != nil {
				return supervise.BadInput{Err: err}
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return lab.send(ctx, os.Stdout, http.MethodPost, plan, "load")
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&plan.Host, "host", "", "host of the requests: that of a VirtualService, HTTPRoute or Ingress, or SERVICE.NAMESPACE")
	fs.StringVar(&plan.Path, "path", "/", "path of the requests")
	fs.IntVar(&plan.Rate, "rate", 100, "requests a second")
	fs.DurationVar(&plan.Duration, "duration", 0, "how long (default: until stopped)")
	fs.DurationVar(&plan.Every, "every", time.Second, "time between lines")
	fs.StringVar(&plan.Through, "through", "", "ADDRESS:PORT of a proxy inside the cluster that takes the requests (default: the lab's gateway)")
	fs.StringArrayVar(&headers, "header", nil, "NAME=VALUE; may be repeated")
	lab.add(cmd)
	return cmd
}

func addHeaders(plan *load.Plan, headers []string) error {
	plan.Headers = map[string]string{}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok || name == "" {
			return fmt.Errorf("--header %q: want NAME=VALUE", h)
		}
		plan.Headers[name] = value
	}
	return nil
}
