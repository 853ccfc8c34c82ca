package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/nginx"
)

// Name is the field manager, the reporter of events, and the stem of the lease's name.
const Name = "kanari-controller"

// Options are what an operator may set.
type Options struct {
	// Namespace limits the controller to one namespace; empty for all.
	Namespace string
	// InstanceID limits the controller to objects that bear it as a label; empty for those that bear none.
	InstanceID string
	// MetricsAddress and HealthAddress are host:port; "0" turns the endpoint off.
	MetricsAddress string
	HealthAddress  string
	// Workers is the number of Rollouts that take a turn at the same time, AnalysisWorkers and ExperimentWorkers those of AnalysisRuns and
	// Experiments. Turns wait for no metrics backend.
	Workers, AnalysisWorkers, ExperimentWorkers int
	// KeysNamespace holds the Secrets with the keys of metrics backends; empty for the namespace that the controller runs in.
	KeysNamespace string
	// Election keeps all controllers but one waiting, with warm caches.
	Election Election
	// AllEvents tells every event; otherwise milestones and warnings.
	AllEvents bool
	// IstioVersion is the API version through which Istio's objects are read and written.
	IstioVersion string
	// Routers are the settings of further routers.
	Routers Routers
	// GenerationsAsText writes status.observedGeneration as a string, as a CRD that was installed by others may demand.
	GenerationsAsText bool
}

// Election is how controllers agree on one.
type Election struct {
	Enabled                          bool
	Namespace                        string
	LeaseFor, RenewWithin, RetryEach time.Duration
}

// Run runs the controller until the context ends.
func Run(ctx context.Context, config *rest.Config, o Options) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return fmt.Errorf("registering kinds: %w", err)
		}
	}
	mgr, err := ctrl.NewManager(unlimited(config), o.manager(scheme))
	if meta.IsNoMatchError(err) {
		return errors.New("the API server lacks kinds of argoproj.io/v1alpha1: install them first, kubectl apply --server-side -k config/crd")
	}
	if err != nil {
		return fmt.Errorf("preparing the manager: %w", err)
	}
	if err := setUp(ctx, mgr, o); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// unlimited turns off rate limiting on our side. The API server knows its own load and is fair to all its clients; a limit
// here only makes an abort wait behind routine work.
func unlimited(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	config.UserAgent = Name
	return config
}

func (o Options) manager(scheme *runtime.Scheme) ctrl.Options {
	lease := Name
	if o.InstanceID != "" {
		lease += "-" + o.InstanceID
	}
	warm := true
	options := ctrl.Options{
		Scheme:                        scheme,
		Cache:                         o.cache(),
		Metrics:                       metricsserver.Options{BindAddress: o.MetricsAddress},
		HealthProbeBindAddress:        o.HealthAddress,
		LeaderElection:                o.Election.Enabled,
		LeaderElectionID:              lease,
		LeaderElectionNamespace:       o.Election.Namespace,
		LeaderElectionReleaseOnCancel: true,
		Client:                        client.Options{FieldOwner: Name, Cache: &client.CacheOptions{Unstructured: true, DisableFor: o.uncached()}},
	}
	options.Controller.EnableWarmup = &warm
	if o.Election.LeaseFor > 0 {
		options.LeaseDuration, options.RenewDeadline, options.RetryPeriod = &o.Election.LeaseFor, &o.Election.RenewWithin, &o.Election.RetryEach
	}
	return options
}

// cache holds what turns need and nothing else: Rollouts, AnalysisRuns and Experiments of this instance, ReplicaSets that belong to some
// Rollout or Experiment, the metadata of their pods, Services and which pods are behind them. Field managers are left out; they are half of most objects and nobody reads them.
func (o Options) cache() cache.Options {
	options := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.Rollout{}:          {Label: o.ours()},
			&v1alpha1.AnalysisRun{}:      {Label: o.ours()},
			&v1alpha1.Experiment{}:       {Label: o.ours()},
			&appsv1.ReplicaSet{}:         {Label: having(v1alpha1.DefaultRolloutUniqueLabelKey)},
			&corev1.Pod{}:                {Label: having(v1alpha1.DefaultRolloutUniqueLabelKey)},
			&discoveryv1.EndpointSlice{}: {Label: having(discoveryv1.LabelServiceName), Transform: observe.SlimSlice},
		},
	}
	if o.Namespace != "" {
		options.DefaultNamespaces = map[string]cache.Config{o.Namespace: {}}
	}
	return options
}

// uncached are kinds that are read from the API server itself. Whoever works in one namespace may have no rights beyond it: a cache of
// a kind that has no namespace would then never be filled, and reading it would wait for ever instead of being refused.
func (o Options) uncached() []client.Object {
	if o.Namespace == "" {
		return nil
	}
	return []client.Object{&v1alpha1.ClusterAnalysisTemplate{}}
}

// ours selects what belongs to this instance.
func (o Options) ours() labels.Selector {
	if o.InstanceID != "" {
		return labels.SelectorFromSet(labels.Set{v1alpha1.ControllerInstanceIDLabel: o.InstanceID})
	}
	return require(v1alpha1.ControllerInstanceIDLabel, selection.DoesNotExist)
}

func having(key string) labels.Selector { return require(key, selection.Exists) }

func require(key string, operator selection.Operator) labels.Selector {
	requirement, err := labels.NewRequirement(key, operator, nil)
	if err != nil {
		panic(err) // the keys are constants of ours
	}
	return labels.NewSelector().Add(*requirement)
}

// setUp puts the reconciler, its indexes, watches and endpoints into a manager.
func setUp(ctx context.Context, mgr manager.Manager, o Options) error {
	gateways, err := gatewayAPI(mgr.GetRESTMapper(), o)
	if err != nil {
		return err
	}
	renderers := []traffic.Renderer{istio.Renderer{Version: o.IstioVersion}, nginx.Renderer{}, gateways}
	answers := &bell{}
	more, err := o.Routers.renderers(ctx, answers)
	if err != nil {
		return err
	}
	renderers = append(renderers, more...)
	if err := observe.Indexes(ctx, mgr.GetFieldIndexer(), renderers); err != nil {
		return err
	}
	freshness := &observe.Freshness{Scheme: mgr.GetScheme(), Now: time.Now}
	eye := &observe.Eye{Reader: mgr.GetClient(), Live: mgr.GetAPIReader(), Renderers: renderers, Freshness: freshness}
	voice, err := newVoice(mgr, o.AllEvents)
	if err != nil {
		return err
	}
	rollouts := &Rollouts{
		Eye: eye,
		Hand: &act.Hand{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Renderers: renderers, Find: eye.Find,
			Tell: voice.tell, Wrote: freshness.Wrote, GenerationsAsText: o.GenerationsAsText,
		},
		Now: time.Now,
	}
	running, err := build(mgr, o, rollouts)
	if err != nil {
		return fmt.Errorf("building the controller: %w", err)
	}
	if err := listen(running, answers); err != nil {
		return err
	}
	rollouts.Watches = newWatches(running, mgr, renderers)
	if err := newAnalyses(mgr, o, voice); err != nil {
		return err
	}
	if err := newExperiments(mgr, o, voice); err != nil {
		return err
	}
	return endpoints(mgr)
}

func build(mgr manager.Manager, o Options, rollouts *Rollouts) (controller.Controller, error) {
	reader := mgr.GetClient()
	usersOfIt := func(name func(client.Object) string) handler.EventHandler {
		return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
			kind, err := apiutil.GVKForObject(object, mgr.GetScheme())
			if err != nil {
				return nil // only kinds of the scheme are watched
			}
			return usersOf(ctx, reader, observe.Used(kind.Kind, object.GetNamespace(), name(object)))
		})
	}
	byName := usersOfIt(client.Object.GetName)
	endpoints := handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, slice client.Object) []reconcile.Request {
		return usersOf(ctx, reader, observe.Used("Service", slice.GetNamespace(), observe.SliceService(slice)))
	})
	all := usersOfIt(func(client.Object) string { return traffic.Any })
	owners := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.Rollout{}, handler.OnlyControllerOwner())
	controllers := builder.ControllerManagedBy(mgr).Named("rollout").
		Watches(&v1alpha1.Rollout{}, overtaking{&handler.EnqueueRequestForObject{}}).
		Watches(&appsv1.ReplicaSet{}, overtaking{owners}).
		Watches(&v1alpha1.AnalysisRun{}, overtaking{owners}).
		Watches(&v1alpha1.Experiment{}, overtaking{owners}).
		Watches(&corev1.Service{}, byName).
		Watches(&discoveryv1.EndpointSlice{}, endpoints).
		Watches(&v1alpha1.AnalysisTemplate{}, all)
	if o.Namespace == "" {
		controllers = controllers.Watches(&v1alpha1.ClusterAnalysisTemplate{}, all)
	}
	return controllers.WithOptions(controller.Options{MaxConcurrentReconciles: o.Workers}).Build(rollouts)
}

func endpoints(mgr manager.Manager) error {
	if err := mgr.AddHealthzCheck("alive", healthz.Ping); err != nil {
		return fmt.Errorf("adding the health endpoint: %w", err)
	}
	if err := mgr.AddReadyzCheck("caches", cachesSynced(mgr)); err != nil {
		return fmt.Errorf("adding the readiness endpoint: %w", err)
	}
	return nil
}
