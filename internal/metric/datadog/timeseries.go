package datadog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// pointList is one series: pairs of time in milliseconds and value, which may be null.
type pointList struct {
	Pointlist [][]*float64 `json:"pointlist"`
}

// timeseries asks API v1. The value is the last point of the first series.
func timeseries(ctx context.Context, line *call.Line, query string, over span) (metric.Measurement, error) {
	parameters := url.Values{
		"query": {query},
		"from":  {strconv.FormatInt(over.from.Unix(), 10)},
		"to":    {strconv.FormatInt(over.to.Unix(), 10)},
	}
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Series json.RawMessage `json:"series"`
	}
	if err := line.Get(ctx, "api/v1/query", parameters, &answer); err != nil {
		return metric.Measurement{}, err
	}
	if answer.Status == "error" || answer.Error != "" {
		return metric.Measurement{}, fmt.Errorf("the query was refused: %s", answer.Error)
	}
	if len(answer.Series) == 0 {
		return metric.Measurement{}, errors.New("the answer holds no series")
	}
	var series []pointList
	if err := json.Unmarshal(answer.Series, &series); err != nil {
		return metric.Measurement{}, fmt.Errorf("the series are not what was expected: %w", err)
	}
	if len(series) == 0 || len(series[0].Pointlist) == 0 {
		return metric.Measurement{Text: string(answer.Series)}, nil
	}
	last := series[0].Pointlist[len(series[0].Pointlist)-1]
	if len(last) < 2 {
		return metric.Measurement{}, errors.New("the last point is no pair of time and value")
	}
	if last[1] == nil {
		return metric.Measurement{Text: "null"}, nil
	}
	return one(*last[1]), nil
}
