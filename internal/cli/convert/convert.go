package convert

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// Command is "convert", and below it "ingress NAME".
func Command(f *cluster.Factory) *cobra.Command {
	return cluster.Group("convert", "Print what takes the place of an object", ingressCommand(f))
}

// order is what the flags ask for.
type order struct {
	to, gateway string
	files       []string
}

const gatewayAPI = "gateway-api"

func ingressCommand(f *cluster.Factory) *cobra.Command {
	var o order
	cmd := &cobra.Command{
		Use:   "ingress NAME",
		Short: "Print an Ingress and its canary annotations as HTTPRoutes of the Gateway API",
		Long: `Print an Ingress and its canary annotations as HTTPRoutes of the Gateway API. Nothing is applied.

What cannot be carried over is told on the standard error, with what takes its place. Where a Rollout uses the
Ingress, the output ends with the block that takes the place of its nginx block.`,
		Example:           "  kubectl kanari convert ingress web --gateway infra/public\n  kubectl kanari convert ingress web -f manifests.yaml   # without a cluster",
		Args:              cluster.OneNameOf("Ingress"),
		ValidArgsFunction: f.First(f.Names(cluster.IngressGVK)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.to, "to", gatewayAPI, "What to convert to: gateway-api")
	flags.StringVar(&o.gateway, "gateway", "", "The Gateway that the routes belong to: NAMESPACE/NAME, or NAME in the namespace of the Ingress")
	flags.StringArrayVarP(&o.files, "filename", "f", nil, "Read Ingresses, Services and Rollouts from a file instead of the cluster; - is the standard input. May be given several times")
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions([]string{gatewayAPI}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o order) run(ctx context.Context, f *cluster.Factory, name string) error {
	if o.to != gatewayAPI {
		return terminal.Usage("--to %s: an Ingress can be converted to %s only", o.to, gatewayAPI)
	}
	parent, err := parentOf(o.gateway)
	if err != nil {
		return err
	}
	m, err := o.material(ctx, f, name)
	if err != nil {
		return err
	}
	t := translation{material: m, parent: parent}
	err = t.translate()
	t.tell(f.IO.Err)
	if err != nil {
		return err
	}
	return t.print(f.IO.Out)
}

// gateway is the Gateway that routes are attached to; an empty name is not known.
type gateway struct{ namespace, name string }

func parentOf(flag string) (gateway, error) {
	namespace, name, qualified := strings.Cut(flag, "/")
	if !qualified {
		namespace, name = "", flag
	}
	if (qualified && (namespace == "" || name == "")) || strings.Contains(name, "/") {
		return gateway{}, terminal.Usage("--gateway %s: write NAMESPACE/NAME", flag)
	}
	return gateway{namespace, name}, nil
}
