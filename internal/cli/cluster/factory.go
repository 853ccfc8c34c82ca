package cluster

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/cli/voice"
)

// Factory is what every command starts from: the surroundings, the voice, and the flags that say which cluster.
type Factory struct {
	IO    terminal.IO
	Voice voice.Voice

	flags   *genericclioptions.ConfigFlags
	color   string
	noColor bool
	opened  *Cluster
}

// NewFactory returns a Factory without reaching for any cluster.
func NewFactory(io terminal.IO, v voice.Voice) *Factory {
	return &Factory{IO: io, Voice: v, flags: genericclioptions.NewConfigFlags(false), color: string(terminal.ColorAuto)}
}

// AddFlags adds the flags that every command has.
func (f *Factory) AddFlags(flags *pflag.FlagSet) {
	f.flags.AddFlags(flags)
	flags.StringVar(&f.color, "color", f.color, "When to paint: auto, always or never")
	flags.BoolVar(&f.noColor, "no-color", false, "The same as --color=never")
}

// Palette is how to paint what goes to Out.
func (f *Factory) Palette() (terminal.Palette, error) {
	mode := terminal.ColorMode(f.color)
	if f.noColor {
		mode = terminal.ColorNever
	}
	palette, err := terminal.NewPalette(mode, f.IO)
	if err != nil {
		return palette, &terminal.Exit{Code: terminal.WrongUsage, Message: err.Error()}
	}
	return palette, nil
}

// Open returns the Cluster that the flags and the kubeconfig name. It does not talk to it yet.
func (f *Factory) Open() (*Cluster, error) {
	if f.opened != nil {
		return f.opened, nil
	}
	config, err := f.flags.ToRESTConfig()
	if err != nil {
		return nil, badConfig(err)
	}
	namespace, _, err := f.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, badConfig(err)
	}
	reader, err := newClient(config)
	if err != nil {
		return nil, badConfig(err)
	}
	f.opened = &Cluster{client: reader, Namespace: namespace, host: config.Host}
	return f.opened, nil
}

// newClient knows its kinds beforehand, so that no command pays for discovery.
func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.QPS = -1 // the server's own fairness governs
	config.WarningHandlerWithContext = rest.NoWarnings{}
	return client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: newMapper()})
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(corev1.AddToScheme, appsv1.AddToScheme, v1alpha1.AddToScheme)
	return scheme, builder.AddToScheme(scheme)
}

func newMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []schema.GroupVersionKind{
		v1alpha1.RolloutGVK, v1alpha1.AnalysisRunGVK, v1alpha1.ExperimentGVK, v1alpha1.AnalysisTemplateGVK,
		appsv1.SchemeGroupVersion.WithKind("ReplicaSet"),
		appsv1.SchemeGroupVersion.WithKind("Deployment"),
		corev1.SchemeGroupVersion.WithKind("Pod"),
		corev1.SchemeGroupVersion.WithKind("PodTemplate"),
		ServiceGVK,
		IngressGVK, VirtualServiceGVK, HTTPRouteGVK,
	} {
		mapper.Add(kind, meta.RESTScopeNamespace)
	}
	// The plural of this one cannot be guessed.
	mapper.AddSpecific(GatewayGVK, GatewayGVK.GroupVersion().WithResource("gateways"), GatewayGVK.GroupVersion().WithResource("gateway"), meta.RESTScopeNamespace)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Node"), meta.RESTScopeRoot)
	mapper.Add(v1alpha1.ClusterAnalysisTemplateGVK, meta.RESTScopeRoot)
	return mapper
}

// The kinds of others that routes are read from.
var (
	ServiceGVK        = corev1.SchemeGroupVersion.WithKind("Service")
	IngressGVK        = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
	VirtualServiceGVK = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "VirtualService"}
	GatewayGVK        = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "Gateway"}
	HTTPRouteGVK      = schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"}
)

// Completion finds the words that an argument may be.
type Completion = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// CompleteName completes the first argument with the names of Rollouts.
func (f *Factory) CompleteName(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return f.First(f.CompleteNames)(cmd, args, "")
}

// CompleteNames completes every argument with the names of Rollouts.
func (f *Factory) CompleteNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return f.Names(v1alpha1.RolloutGVK)(cmd, args, typed)
}

// First completes the first argument only.
func (f *Factory) First(every Completion) Completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return every(cmd, args, typed)
	}
}

// Names completes every argument with the names of a kind. An unreachable cluster has none: a shell has no place for error
// messages.
func (f *Factory) Names(kind schema.GroupVersionKind) Completion {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx := cmd.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		reached, err := f.Open()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, err := reached.RawList(ctx, kind)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := make([]string, len(found))
		for i := range found {
			names[i] = found[i].GetName()
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
