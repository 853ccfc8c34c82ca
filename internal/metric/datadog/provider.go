package datadog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	defaultWindow  = "5m"
	defaultTimeout = "10s"
	warningsKey    = "warnings"
)

// Provider asks Datadog.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
	// Secrets holds the keys, in Namespace unless a metric says otherwise.
	Secrets   metric.Secrets
	Namespace string
	// Env reads the controller's environment.
	Env func(string) string
}

var _ metric.Provider = Provider{}

// Measure runs the query over the window up to now. The value is the last point, a float64, or nil if there is none.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Datadog
	if err := check(spec); err != nil {
		return metric.Measurement{}, err
	}
	window, err := positive("interval", cmp.Or(spec.Interval, defaultWindow))
	if err != nil {
		return metric.Measurement{}, err
	}
	timeout, err := positive("requestTimeout", cmp.Or(spec.RequestTimeout, defaultTimeout))
	if err != nil {
		return metric.Measurement{}, err
	}
	who, err := p.account(ctx, spec.SecretRef, q.Run.Namespace)
	if err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{
		Provider: "datadog", Address: who.address, Timeout: timeout,
		Headers: []v1alpha1.WebMetricHeader{{Key: "DD-API-KEY", Value: who.apiKey}, {Key: "DD-APPLICATION-KEY", Value: who.appKey}},
		Secrets: append([]string{who.apiKey, who.appKey}, q.Secrets...),
	}
	span := span{from: q.Now.Add(-window), to: q.Now}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		if spec.APIVersion == "v2" {
			return scalar(ctx, line, spec, span)
		}
		m, err := timeseries(ctx, line, spec.Query, span)
		if spec.Aggregator != "" && spec.Aggregator != "last" {
			// Compat: such metrics have always been measured; now they say that they are not what they seem.
			m.Metadata = map[string]string{warningsKey: fmt.Sprintf("aggregator %q needs apiVersion v2; v1 takes the last point", spec.Aggregator)}
		}
		return m, err
	})
}

type span struct{ from, to time.Time }

func check(spec *v1alpha1.DatadogMetric) error {
	v2 := spec.APIVersion == "v2"
	switch {
	case spec.Query != "" && len(spec.Queries) > 0:
		return errors.New("datadog: provider.datadog has both query and queries: keep one")
	case spec.Query == "" && len(spec.Queries) == 0:
		return errors.New("datadog: provider.datadog has neither query nor queries")
	case !v2 && len(spec.Queries) > 0:
		return errors.New("datadog: provider.datadog.queries needs apiVersion v2; v1 takes one query")
	case !v2 && spec.Formula != "":
		return errors.New("datadog: provider.datadog.formula needs apiVersion v2")
	case len(spec.Queries) > 1 && spec.Formula == "":
		return errors.New("datadog: provider.datadog.formula is missing: several queries need one that says what to make of them")
	}
	return nil
}

func positive(field string, text v1alpha1.DurationString) (time.Duration, error) {
	d, err := text.Duration()
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("datadog: provider.datadog.%s %q is no positive duration such as 5m", field, text)
	}
	return d, nil
}

// one is a single number as conditions see it and as it is stored.
func one(n float64) metric.Measurement {
	return metric.Measurement{Value: n, Text: strconv.FormatFloat(n, 'f', -1, 64)}
}
