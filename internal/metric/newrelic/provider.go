package newrelic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	defaultTimeout = 5 * time.Second
	resolvedQuery  = "ResolvedNewRelicQuery"
	nerdGraph      = `query($account: Int!, $nrql: Nrql!, $timeout: Seconds) { actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results } } } }`
)

// Provider asks New Relic.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
	// Secrets holds the keys, in Namespace.
	Secrets   metric.Secrets
	Namespace string
}

var _ metric.Provider = Provider{}

type question struct {
	Query     string    `json:"query"`
	Variables variables `json:"variables"`
}

type variables struct {
	Account int    `json:"account"`
	NRQL    string `json:"nrql"`
	// Timeout in seconds.
	Timeout int64 `json:"timeout"`
}

type answer struct {
	Data struct {
		Actor struct {
			Account struct {
				NRQL struct {
					Results []map[string]any `json:"results"`
				} `json:"nrql"`
			} `json:"account"`
		} `json:"actor"`
	} `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// Measure runs the query. The value is a map for one row and a []map for several.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.NewRelic
	timeout := defaultTimeout
	if spec.Timeout != nil && *spec.Timeout < 0 {
		return metric.Measurement{}, fmt.Errorf("newrelic: provider.newRelic.timeout is %d: give seconds, or leave it out for 5", *spec.Timeout)
	}
	if spec.Timeout != nil && *spec.Timeout > 0 {
		timeout = time.Duration(*spec.Timeout) * time.Second
	}
	who, err := p.account(ctx, spec.Profile)
	if err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{
		Provider: "newrelic", Address: who.endpoint, Timeout: timeout,
		Headers: []v1alpha1.WebMetricHeader{{Key: "Api-Key", Value: who.key}},
		Secrets: append([]string{who.key}, q.Secrets...),
	}
	asked := question{Query: nerdGraph, Variables: variables{Account: who.id, NRQL: spec.Query, Timeout: int64(timeout / time.Second)}}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		var got answer
		if err := line.Post(ctx, "", nil, asked, &got); err != nil {
			return metric.Measurement{}, err
		}
		m, err := reading(got)
		m.About = map[string]string{resolvedQuery: spec.Query}
		return m, err
	})
}

func reading(got answer) (metric.Measurement, error) {
	if len(got.Errors) > 0 {
		return metric.Measurement{}, fmt.Errorf("the query was refused: %s", got.Errors[0].Message)
	}
	rows := got.Data.Actor.Account.NRQL.Results
	var value any = rows
	switch len(rows) {
	case 0:
		return metric.Measurement{}, errors.New("no results returned from NRQL query")
	case 1:
		value = rows[0]
	}
	text, err := json.Marshal(value)
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("storing the value: %w", err)
	}
	return metric.Measurement{Value: value, Text: string(text)}, nil
}
