package skywalking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	timeout = 30 * time.Second
	// minute is how times are written where a span is counted in minutes.
	minute = "2006-01-02 1504"
)

// Provider asks SkyWalking.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
}

var _ metric.Provider = Provider{}

type question struct {
	Query     string    `json:"query"`
	Variables variables `json:"variables"`
}

type variables struct {
	Duration duration `json:"duration"`
}

type duration struct {
	Start string `json:"start"`
	End   string `json:"end"`
	Step  string `json:"step"`
}

type answer struct {
	Data   any `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// Measure runs the query with $duration. The value is the JSON under data.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.SkyWalking
	interval, err := spec.Interval.Duration()
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("skywalking: provider.skywalking.interval %q is no duration such as 5m", spec.Interval)
	}
	asked := question{Query: spec.Query, Variables: variables{Duration: duration{
		Start: q.Now.Add(-interval).UTC().Format(minute), End: q.Now.UTC().Format(minute), Step: "MINUTE",
	}}}
	target := call.Target{Provider: "skywalking", Address: spec.Address, Timeout: timeout, Secrets: q.Secrets}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		var got answer
		if err := line.Post(ctx, "graphql", nil, asked, &got); err != nil {
			return metric.Measurement{}, err
		}
		return reading(got)
	})
}

func reading(got answer) (metric.Measurement, error) {
	if len(got.Errors) > 0 {
		return metric.Measurement{}, fmt.Errorf("the query was refused: %s", got.Errors[0].Message)
	}
	if got.Data == nil {
		return metric.Measurement{}, errors.New("the answer holds no data")
	}
	text, err := json.Marshal(got.Data)
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("storing the value: %w", err)
	}
	return metric.Measurement{Value: got.Data, Text: string(text)}, nil
}
