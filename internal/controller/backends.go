package controller

import (
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/kanari-dev/kanari/internal/comparison"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/all"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/compare"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

const (
	usualHome = "kanari-system" // where the controller lives if nothing says otherwise
	homeFile  = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

	jobTimeout = 30 * time.Second // of one request for a Job
)

// plugins are backends by the name under which a metric asks them, provider.plugin.<name>.
func plugins(pool *call.Pool) map[string]metric.Provider {
	return map[string]metric.Provider{
		comparison.Name: compare.Provider{Prometheus: prometheus.Provider{Pool: pool, Env: os.Getenv}},
	}
}

// backends makes all that a metric may ask.
func backends(mgr manager.Manager, o Options, secrets metric.Secrets) (*all.Providers, error) {
	config := rest.CopyConfig(mgr.GetConfig())
	config.Timeout = jobTimeout
	config.WarningHandler = rest.NoWarnings{} // names of Jobs have dots, as they always had; the server would warn of each
	jobs, err := client.New(config, client.Options{Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), FieldOwner: Name})
	if err != nil {
		return nil, fmt.Errorf("preparing the client for Jobs: %w", err)
	}
	pool := call.NewPool(nil)
	providers, err := all.New(all.Options{
		Pool: pool, Secrets: secrets, Namespace: o.home(), Jobs: jobs, Env: os.Getenv, Plugins: plugins(pool),
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the metrics backends: %w", err)
	}
	return providers, nil
}

// home is the namespace of the Secrets that hold the keys of backends.
func (o Options) home() string {
	if o.KeysNamespace != "" {
		return o.KeysNamespace
	}
	text, err := os.ReadFile(homeFile)
	if err != nil {
		return usualHome // outside of a cluster
	}
	return strings.TrimSpace(string(text))
}
