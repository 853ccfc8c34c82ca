package newrelic

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kanari-dev/kanari/internal/metric"
)

const defaultSecret = "newrelic"

// endpoints of NerdGraph by region.
var endpoints = map[string]string{
	"us":      "https://api.newrelic.com/graphql",
	"eu":      "https://api.eu.newrelic.com/graphql",
	"staging": "https://staging-api.newrelic.com/graphql",
}

// account is who asks, and where.
type account struct {
	id       int
	key      string
	endpoint string
}

func (p Provider) account(ctx context.Context, profile string) (account, error) {
	keys, err := metric.ReadKeys(ctx, p.Secrets, p.Namespace, cmp.Or(profile, defaultSecret))
	if err != nil {
		return account{}, fmt.Errorf("newrelic: %w", err)
	}
	if err := keys.Need("personal-api-key", "account-id"); err != nil {
		return account{}, fmt.Errorf("newrelic: %w", err)
	}
	id, err := strconv.Atoi(keys.Get("account-id"))
	if err != nil {
		return account{}, fmt.Errorf("newrelic: account-id in Secret %q is no number", cmp.Or(profile, defaultSecret))
	}
	region := strings.ToLower(cmp.Or(keys.Get("region"), "us"))
	endpoint := cmp.Or(keys.Get("base-url-nerdgraph"), endpoints[region])
	if endpoint == "" {
		return account{}, fmt.Errorf("newrelic: region %q in Secret %q is none of us, eu, staging", region, cmp.Or(profile, defaultSecret))
	}
	return account{id: id, key: keys.Get("personal-api-key"), endpoint: endpoint}, nil
}
