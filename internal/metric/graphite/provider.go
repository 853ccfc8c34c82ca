package graphite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const timeout = 10 * time.Second

// Provider asks Graphite.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
}

var _ metric.Provider = Provider{}

// series is one target of an answer: pairs of value, which may be null, and time.
type series struct {
	Target     string           `json:"target"`
	Datapoints [][]*json.Number `json:"datapoints"`
}

// Measure renders the query. The value is the []float64 of the first target, without nulls.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Graphite
	query, err := parameters(spec.Query)
	if err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{Provider: "graphite", Address: spec.Address, Timeout: timeout, Secrets: q.Secrets}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		var answer []series
		if err := line.Get(ctx, "render", query, &answer); err != nil {
			return metric.Measurement{}, err
		}
		return reading(answer)
	})
}

// parameters are those of a query, which may be spread over lines.
func parameters(query string) (url.Values, error) {
	dense := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, query)
	values, err := url.ParseQuery(dense)
	if err != nil || !values.Has("target") {
		return nil, errors.New("graphite: provider.graphite.query is no query string such as target=summarize(...)&from=-5min")
	}
	values.Set("format", "json")
	return values, nil
}

func reading(answer []series) (metric.Measurement, error) {
	numbers, texts := []float64{}, []string{}
	if len(answer) > 0 {
		for _, point := range answer[0].Datapoints {
			if len(point) == 0 || point[0] == nil {
				continue
			}
			n, err := strconv.ParseFloat(point[0].String(), 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) { // an infinity is written as 1e9999
				return metric.Measurement{}, fmt.Errorf("a point of %q is no number: %w", answer[0].Target, err)
			}
			numbers = append(numbers, n)
			texts = append(texts, strconv.FormatFloat(n, 'f', 6, 64))
		}
	}
	if len(numbers) == 0 {
		return metric.Measurement{}, errors.New("no values found")
	}
	return metric.Measurement{Value: numbers, Text: "[" + strings.Join(texts, ",") + "]"}, nil
}
