package datadog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// onlyQuery is the name of a query that has none of its own.
const onlyQuery = "query"

type request struct {
	Data requestData `json:"data"`
}

type requestData struct {
	Type       string     `json:"type"`
	Attributes attributes `json:"attributes"`
}

type attributes struct {
	// From and To in milliseconds.
	From     int64     `json:"from"`
	To       int64     `json:"to"`
	Queries  []named   `json:"queries"`
	Formulas []formula `json:"formulas"`
}

type named struct {
	Name       string `json:"name"`
	Query      string `json:"query"`
	DataSource string `json:"data_source"`
	Aggregator string `json:"aggregator"`
}

type formula struct {
	Formula string `json:"formula"`
}

// column is one part of an answer: numbers, or the groups that they belong to.
type column struct {
	Name   string          `json:"name"`
	Type   string          `json:"type"`
	Values json.RawMessage `json:"values"`
}

// scalar asks API v2. The value is the last number of the first column of numbers.
func scalar(ctx context.Context, line *call.Line, spec *v1alpha1.DatadogMetric, over span) (metric.Measurement, error) {
	asked := request{Data: requestData{Type: "scalar_request", Attributes: attributes{
		From: over.from.UnixMilli(), To: over.to.UnixMilli(), Queries: queries(spec), Formulas: formulas(spec),
	}}}
	var answer struct {
		Errors json.RawMessage `json:"errors"`
		Data   struct {
			Attributes json.RawMessage `json:"attributes"`
		} `json:"data"`
	}
	if err := line.Post(ctx, "api/v2/query/scalar", nil, asked, &answer); err != nil {
		return metric.Measurement{}, err
	}
	if text := string(answer.Errors); text != "" && text != "null" && text != `""` {
		return metric.Measurement{}, fmt.Errorf("the query was refused: %s", text)
	}
	if len(answer.Data.Attributes) == 0 {
		return metric.Measurement{}, errors.New("the answer holds no data")
	}
	return numbers(answer.Data.Attributes)
}

func numbers(raw json.RawMessage) (metric.Measurement, error) {
	var found struct {
		Columns []column `json:"columns"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return metric.Measurement{}, fmt.Errorf("the columns are not what was expected: %w", err)
	}
	at := slices.IndexFunc(found.Columns, func(c column) bool { return c.Type != "group" })
	if at < 0 {
		return metric.Measurement{Text: string(raw)}, nil
	}
	var values []*float64
	if err := json.Unmarshal(found.Columns[at].Values, &values); err != nil {
		return metric.Measurement{}, fmt.Errorf("the values of column %q are no numbers: %w", found.Columns[at].Name, err)
	}
	if len(values) == 0 || values[len(values)-1] == nil {
		return metric.Measurement{Text: string(raw)}, nil
	}
	return one(*values[len(values)-1]), nil
}

// queries are sorted by name, so that the same metric always asks the same.
func queries(spec *v1alpha1.DatadogMetric) []named {
	byName := spec.Queries
	if spec.Query != "" {
		byName = map[string]string{onlyQuery: spec.Query}
	}
	all := make([]named, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, named{Name: name, Query: byName[name], DataSource: "metrics", Aggregator: cmp.Or(spec.Aggregator, "last")})
	}
	return all
}

func formulas(spec *v1alpha1.DatadogMetric) []formula {
	if spec.Formula != "" {
		return []formula{{Formula: spec.Formula}}
	}
	return []formula{{Formula: queries(spec)[0].Name}}
}
