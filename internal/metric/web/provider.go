package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/util/jsonpath"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	defaultTimeout = 10 * time.Second
	wholeAnswer    = "{$}"
)

// Provider calls URLs.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
}

var _ metric.Provider = Provider{}

// Measure calls the URL. The value is what the metric's JSONPath finds first, whatever JSON holds.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Web
	if err := check(spec); err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{
		Provider: "web", Address: spec.URL, Timeout: timeout(spec), Insecure: spec.Insecure,
		Headers: headers(spec), OAuth2: spec.Authentication.OAuth2, Secrets: q.Secrets,
	}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		req, err := http.NewRequestWithContext(ctx, method(spec), line.Address.String(), body(spec))
		if err != nil {
			return metric.Measurement{}, errors.New("provider.web.url is no URL")
		}
		answer, err := line.Send(req)
		if err != nil {
			return metric.Measurement{}, err
		}
		return reading(answer, spec.JSONPath)
	})
}

func check(spec *v1alpha1.WebMetric) error {
	hasBody := spec.Body != "" || len(spec.JSONBody) > 0
	switch {
	case spec.Body != "" && len(spec.JSONBody) > 0:
		return errors.New("web: provider.web has both body and jsonBody: keep one")
	case hasBody && method(spec) == http.MethodGet:
		return errors.New("web: provider.web has a body, which GET does not send: set method to POST or PUT")
	}
	switch spec.Method {
	case "", v1alpha1.WebMetricMethodGet, v1alpha1.WebMetricMethodPost, v1alpha1.WebMetricMethodPut:
		return nil
	}
	return fmt.Errorf("web: provider.web.method %q is none of GET, POST, PUT", spec.Method)
}

func method(spec *v1alpha1.WebMetric) string {
	return cmp.Or(string(spec.Method), http.MethodGet)
}

func timeout(spec *v1alpha1.WebMetric) time.Duration {
	if spec.TimeoutSeconds <= 0 {
		return defaultTimeout
	}
	return time.Duration(spec.TimeoutSeconds) * time.Second
}

// body is what is sent; nil: nothing.
func body(spec *v1alpha1.WebMetric) io.Reader {
	switch {
	case spec.Body != "":
		return strings.NewReader(spec.Body)
	case len(spec.JSONBody) > 0:
		return bytes.NewReader(spec.JSONBody)
	}
	return nil
}

// headers are those of the metric; a JSON body says what it is, whatever the metric says.
func headers(spec *v1alpha1.WebMetric) []v1alpha1.WebMetricHeader {
	if len(spec.JSONBody) == 0 {
		return spec.Headers
	}
	return append(append([]v1alpha1.WebMetricHeader{}, spec.Headers...), v1alpha1.WebMetricHeader{Key: "Content-Type", Value: "application/json"})
}

// reading is the value in an answer. An answer that is not JSON counts as a string, unless the metric points into its JSON.
func reading(answer []byte, path string) (metric.Measurement, error) {
	var parsed any
	if err := json.Unmarshal(answer, &parsed); err != nil {
		if cmp.Or(path, wholeAnswer) != wholeAnswer {
			return metric.Measurement{}, fmt.Errorf("provider.web.jsonPath %q needs JSON, and the answer is none: %w", path, err)
		}
		return metric.Measurement{Value: string(answer), Text: string(answer)}, nil
	}
	value, err := first(parsed, cmp.Or(path, wholeAnswer))
	if err != nil {
		return metric.Measurement{}, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("storing the value: %w", err)
	}
	return metric.Measurement{Value: value, Text: string(text)}, nil
}

// first is the first value that a path finds.
func first(parsed any, path string) (any, error) {
	query := jsonpath.New("jsonPath")
	if err := query.Parse(path); err != nil {
		return nil, fmt.Errorf("provider.web.jsonPath %q: %w", path, err)
	}
	results, err := query.FindResults(parsed)
	if err != nil {
		return nil, fmt.Errorf("provider.web.jsonPath %q: %w", path, err)
	}
	hits := slices.Concat(results...)
	if len(hits) == 0 {
		return nil, fmt.Errorf("provider.web.jsonPath %q produced no value", path)
	}
	if !hits[0].IsValid() {
		return nil, nil // null
	}
	return hits[0].Interface(), nil
}
