package datadog

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
)

const (
	defaultSecret  = "datadog"
	defaultAddress = "https://api.datadoghq.com"
)

// account is who asks, and where.
type account struct {
	address, apiKey, appKey string
}

// account takes the keys from the Secret that a metric names, else from the environment if all of them are there, else from the
// Secret beside the controller.
func (p Provider) account(ctx context.Context, ref v1alpha1.SecretRef, runNamespace string) (account, error) {
	if ref == (v1alpha1.SecretRef{}) {
		fromEnv := account{address: p.Env("DD_ADDRESS"), apiKey: p.Env("DD_API_KEY"), appKey: p.Env("DD_APP_KEY")}
		if fromEnv.address != "" && fromEnv.apiKey != "" && fromEnv.appKey != "" {
			return fromEnv.complete(), nil
		}
	}
	namespace := p.Namespace
	if ref.Namespaced {
		namespace = runNamespace
	}
	keys, err := metric.ReadKeys(ctx, p.Secrets, namespace, cmp.Or(ref.Name, defaultSecret))
	if err != nil {
		return account{}, fmt.Errorf("datadog: %w", err)
	}
	if err := keys.Need("api-key", "app-key"); err != nil {
		return account{}, fmt.Errorf("datadog: %w", err)
	}
	return account{address: keys.Get("address"), apiKey: keys.Get("api-key"), appKey: keys.Get("app-key")}.complete(), nil
}

// complete fills in the address, and its scheme.
func (a account) complete() account {
	a.address = cmp.Or(a.address, defaultAddress)
	if !strings.Contains(a.address, "://") {
		a.address = "https://" + a.address
	}
	return a
}
