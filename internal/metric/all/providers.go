package all

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/cloudwatch"
	"github.com/kanari-dev/kanari/internal/metric/datadog"
	"github.com/kanari-dev/kanari/internal/metric/graphite"
	"github.com/kanari-dev/kanari/internal/metric/influxdb"
	"github.com/kanari-dev/kanari/internal/metric/job"
	"github.com/kanari-dev/kanari/internal/metric/kayenta"
	"github.com/kanari-dev/kanari/internal/metric/newrelic"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
	"github.com/kanari-dev/kanari/internal/metric/skywalking"
	"github.com/kanari-dev/kanari/internal/metric/wavefront"
	"github.com/kanari-dev/kanari/internal/metric/web"
)

// Environment variables that send Jobs elsewhere.
const (
	jobNamespaceVariable  = "ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE"
	jobKubeconfigVariable = "ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG"
)

// Options is what the backends need of the controller.
type Options struct {
	// Pool to ask over.
	Pool *call.Pool
	// Secrets with the keys of backends, in Namespace, which is the controller's.
	Secrets   metric.Secrets
	Namespace string
	// Jobs reads and writes Jobs and reads pods, without a cache.
	Jobs client.Client
	// Env reads the controller's environment.
	Env func(string) string
	// Plugins by name, in-tree ones among them.
	Plugins map[string]metric.Provider
}

// Providers is every backend.
type Providers struct {
	prometheus, kayenta, web, datadog, wavefront, newRelic, job metric.Provider
	cloudWatch, graphite, influxdb, skyWalking                  metric.Provider
	plugins                                                     map[string]metric.Provider
}

// New makes the backends. An error is about the kubeconfig for Jobs.
func New(o Options) (*Providers, error) {
	jobs := job.Provider{Client: o.Jobs, Namespace: o.Env(jobNamespaceVariable)}
	if kubeconfig := o.Env(jobKubeconfigVariable); kubeconfig != "" {
		there, err := job.Remote(kubeconfig)
		if err != nil {
			return nil, err
		}
		jobs.Client, jobs.Remote = there, true
	}
	return &Providers{
		prometheus: prometheus.Provider{Pool: o.Pool, Env: o.Env},
		kayenta:    kayenta.Provider{Pool: o.Pool},
		web:        web.Provider{Pool: o.Pool},
		datadog:    datadog.Provider{Pool: o.Pool, Secrets: o.Secrets, Namespace: o.Namespace, Env: o.Env},
		wavefront:  wavefront.Provider{Pool: o.Pool, Secrets: o.Secrets, Namespace: o.Namespace},
		newRelic:   newrelic.Provider{Pool: o.Pool, Secrets: o.Secrets, Namespace: o.Namespace},
		job:        jobs,
		cloudWatch: &cloudwatch.Provider{Pool: o.Pool},
		graphite:   graphite.Provider{Pool: o.Pool},
		influxdb:   influxdb.Provider{Pool: o.Pool, Secrets: o.Secrets, Namespace: o.Namespace},
		skyWalking: skywalking.Provider{Pool: o.Pool},
		plugins:    o.Plugins,
	}, nil
}

// chosen is one backend that a metric asks.
type chosen struct {
	kind     string
	asked    bool
	provider metric.Provider
}

// For is the backend of a metric: exactly one is asked.
func (p *Providers) For(m v1alpha1.Metric) (metric.Provider, error) {
	one, err := only(p.list(m.Provider))
	if err != nil {
		return nil, err
	}
	if one.provider != nil {
		return one.provider, nil
	}
	return p.plugin(m.Provider.Plugin)
}

// Kind names the backend of a metric, as status and the controller's own metrics do; empty: none, or several.
func (p *Providers) Kind(m v1alpha1.Metric) string {
	one, err := only(p.list(m.Provider))
	if err != nil {
		return ""
	}
	return one.kind
}

// Retain deletes what a backend keeps of old measurements beyond limit.
func (p *Providers) Retain(ctx context.Context, q metric.Query, limit int) error {
	provider, err := p.For(q.Metric)
	if err != nil {
		return err
	}
	if keeping, ok := provider.(interface {
		Retain(ctx context.Context, q metric.Query, limit int) error
	}); ok {
		return keeping.Retain(ctx, q, limit)
	}
	return nil
}

func (p *Providers) list(m v1alpha1.MetricProvider) []chosen {
	return []chosen{
		{"Prometheus", m.Prometheus != nil, p.prometheus},
		{"Job", m.Job != nil, p.job},
		{"Kayenta", m.Kayenta != nil, p.kayenta},
		{"Web", m.Web != nil, p.web},
		{"Datadog", m.Datadog != nil, p.datadog},
		{"Wavefront", m.Wavefront != nil, p.wavefront},
		{"NewRelic", m.NewRelic != nil, p.newRelic},
		{"CloudWatch", m.CloudWatch != nil, p.cloudWatch},
		{"Graphite", m.Graphite != nil, p.graphite},
		{"Influxdb", m.Influxdb != nil, p.influxdb},
		{"skywalking", m.SkyWalking != nil, p.skyWalking},
		{"RPCPlugin", len(m.Plugin) > 0, nil},
	}
}

func only(all []chosen) (chosen, error) {
	var found []chosen
	for _, c := range all {
		if c.asked {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return chosen{}, errors.New("no provider specified")
	case 1:
		return found[0], nil
	}
	return chosen{}, errors.New("multiple providers specified")
}

func (p *Providers) plugin(asked map[string]json.RawMessage) (metric.Provider, error) {
	if len(asked) > 1 {
		return nil, errors.New("multiple providers specified")
	}
	for name := range asked {
		if provider, known := p.plugins[name]; known {
			return provider, nil
		}
		return nil, fmt.Errorf("provider.plugin %q is not known: add it under metricProviderPlugins of the controller", name)
	}
	return nil, errors.New("no provider specified")
}
