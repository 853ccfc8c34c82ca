package influxdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	defaultSecret = "influxdb"
	timeout       = 30 * time.Second
)

// Provider asks InfluxDB.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
	// Secrets holds address, token and organisation, in Namespace.
	Secrets   metric.Secrets
	Namespace string
}

var _ metric.Provider = Provider{}

// Measure runs the query. The value is the []any of the value column of all records.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Influxdb
	keys, err := metric.ReadKeys(ctx, p.Secrets, p.Namespace, cmp.Or(spec.Profile, defaultSecret))
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("influxdb: %w", err)
	}
	if err := keys.Need("address", "authToken", "org"); err != nil {
		return metric.Measurement{}, fmt.Errorf("influxdb: %w", err)
	}
	target := call.Target{
		Provider: "influxdb", Address: keys.Get("address"), Timeout: timeout,
		Secrets: append([]string{keys.Get("authToken")}, q.Secrets...),
	}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		options := influxdb2.DefaultOptions().SetHTTPClient(line.Client)
		client := influxdb2.NewClientWithOptions(line.Address.String(), keys.Get("authToken"), options)
		defer client.Close()
		values, err := records(ctx, client, keys.Get("org"), spec.Query)
		if err != nil {
			return metric.Measurement{}, err
		}
		return metric.Measurement{Value: values, Text: fmt.Sprint(values)}, nil
	})
}

// records are the values of all records of all tables, in their order.
func records(ctx context.Context, client influxdb2.Client, org, flux string) ([]any, error) {
	result, err := client.QueryAPI(org).Query(ctx, flux)
	if err != nil {
		return nil, err
	}
	defer func() { _ = result.Close() }() // read to its end, or given up
	var values []any
	for result.Next() {
		values = append(values, result.Record().Value())
	}
	if err := result.Err(); err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	if len(values) == 0 {
		return nil, errors.New("the query gave no records")
	}
	return values, nil
}
