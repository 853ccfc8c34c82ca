// Command kanari-controller runs the controller: flags in, controller.Run.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kanari-dev/kanari/internal/controller"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kanari-controller:", err)
		os.Exit(1)
	}
}

func run() error {
	var o controller.Options
	flag.StringVar(&o.Namespace, "namespace", "", "work in this namespace only (default: all)")
	flag.StringVar(&o.InstanceID, "instance-id", "", "work on objects that bear this controller instance id (default: those that bear none)")
	flag.StringVar(&o.MetricsAddress, "metrics-address", ":8090", "host:port of the metrics endpoint, 0 for none")
	flag.StringVar(&o.HealthAddress, "health-address", ":8080", "host:port of /healthz and /readyz, 0 for none")
	flag.IntVar(&o.Workers, "workers", 10, "Rollouts that take a turn at the same time")
	flag.IntVar(&o.AnalysisWorkers, "analysis-workers", 10, "AnalysisRuns that take a turn at the same time; they wait for no metrics backend")
	flag.IntVar(&o.ExperimentWorkers, "experiment-workers", 10, "Experiments that take a turn at the same time")
	flag.StringVar(&o.KeysNamespace, "keys-namespace", "", "namespace of the Secrets with the keys of metrics backends (default: the one the controller runs in)")
	flag.BoolVar(&o.Election.Enabled, "leader-elect", true, "let one of several controllers act; the others wait with warm caches")
	flag.StringVar(&o.Election.Namespace, "leader-election-namespace", "", "namespace of the lease (default: the one the controller runs in)")
	flag.DurationVar(&o.Election.LeaseFor, "leader-election-lease-duration", 15*time.Second, "how long a lease lasts that is not renewed")
	flag.DurationVar(&o.Election.RenewWithin, "leader-election-renew-deadline", 10*time.Second, "how long the leader tries to renew before it gives up")
	flag.DurationVar(&o.Election.RetryEach, "leader-election-retry-period", 2*time.Second, "time between two tries")
	flag.StringVar(&o.IstioVersion, "istio-api-version", "v1", "version of networking.istio.io to use")
	routers(&o.Routers)
	events := flag.String("events", "milestones", "milestones (an update begins, ends, fails or waits for somebody) or all: every step, weight and scaling")
	compat := flag.String("status-compat", "", "argo: write observedGeneration as a string, for a CRD that was installed by others")
	level := flag.String("log-level", "info", "debug, info, warn or error")
	format := flag.String("log-format", "json", "json or text")
	flag.Parse()

	if err := logTo(*level, *format); err != nil {
		return err
	}
	if o.AllEvents = *events == "all"; !o.AllEvents && *events != "milestones" {
		return fmt.Errorf("--events %q: say milestones or all", *events)
	}
	switch *compat {
	case "":
	case "argo":
		o.GenerationsAsText = true
	default:
		return fmt.Errorf("--status-compat %q: say argo, or leave it out", *compat)
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w; run in a cluster, or set --kubeconfig or KUBECONFIG", err)
	}
	return controller.Run(ctrl.SetupSignalHandler(), config, o)
}

func routers(r *controller.Routers) {
	flag.StringVar(&r.TrafficSplit, "traffic-split-api-version", "v1alpha1", "version of split.smi-spec.io to use: v1alpha1, v1alpha2 or v1alpha3")
	flag.StringVar(&r.Ambassador, "ambassador-api-version", "getambassador.io/v2", "group/version of Mappings")
	flag.StringVar(&r.AppMesh, "appmesh-crd-version", "v1beta2", "version of appmesh.k8s.aws to use")
	flag.StringVar(&r.TraefikGroup, "traefik-api-group", "", "group of TraefikServices (default: the one in --traefik-api-version)")
	flag.StringVar(&r.TraefikVersion, "traefik-api-version", "traefik.io/v1alpha1", "group/version of TraefikServices")
	flag.BoolVar(&r.VerifyTargetGroups, "aws-verify-target-group", false, "go on only when AWS says that its load balancers have taken the weights; needs elasticloadbalancing:Describe*")
	flag.StringVar(&r.TargetGroupTag, "alb-tag-key-resource-id", "ingress.k8s.aws/resource", "tag by which the target group of an Ingress, a Service and a port is known")
}

// logTo sends structured logs to standard error.
func logTo(level, format string) error {
	var threshold slog.Level
	if err := threshold.UnmarshalText([]byte(level)); err != nil {
		return fmt.Errorf("--log-level %q: say debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: threshold}
	var handler slog.Handler
	switch format {
	case "json":
		handler = slog.NewJSONHandler(os.Stderr, options)
	case "text":
		handler = slog.NewTextHandler(os.Stderr, options)
	default:
		return fmt.Errorf("--log-format %q: say json or text", format)
	}
	ctrl.SetLogger(logr.FromSlogHandler(handler))
	return nil
}
