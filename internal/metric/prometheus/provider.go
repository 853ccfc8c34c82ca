package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/sigv4"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// AddressVariable is the environment variable with the server for metrics that name none.
const AddressVariable = "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS"

// Keys of what is stored beside a measurement.
const (
	resolvedQuery = "ResolvedPrometheusQuery"
	warningsKey   = "warnings"
)

const defaultTimeout = 30 * time.Second

// Provider asks Prometheus.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
	// Env reads the controller's environment.
	Env func(string) string
}

var _ metric.Provider = Provider{}

// Server is a Prometheus server as a metric names it.
type Server struct {
	// Kind is what errors begin with, Field where Spec stands in the metric.
	Kind, Field string
	// Spec says where the server is and how to be let in; its queries are of no interest here.
	Spec v1alpha1.PrometheusMetric
	// Secrets are never shown, whoever repeats them.
	Secrets []string
}

// Question is what a server is asked.
type Question func(ctx context.Context, server promv1.API) (metric.Measurement, error)

// Measure runs the query. The value is a float64 or, for vectors and spans of time, a []float64.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Prometheus
	server := Server{Kind: "prometheus", Field: "provider.prometheus", Spec: *spec, Secrets: q.Secrets}
	return p.Ask(ctx, server, func(ctx context.Context, server promv1.API) (metric.Measurement, error) {
		m, err := answer(ctx, server, q)
		m.About = map[string]string{resolvedQuery: spec.Query}
		return m, err
	})
}

// Ask puts a question to a server, within its time. Errors are as those of call.Pool.
func (p Provider) Ask(ctx context.Context, s Server, question Question) (metric.Measurement, error) {
	target, err := p.target(s)
	if err != nil {
		return metric.Measurement{}, err
	}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		client, err := api.NewClient(api.Config{Address: line.Address.String(), Client: line.Client})
		if err != nil {
			return metric.Measurement{}, err
		}
		return question(ctx, promv1.NewAPI(client))
	})
}

func answer(ctx context.Context, server promv1.API, q metric.Query) (metric.Measurement, error) {
	value, warnings, err := ask(ctx, server, q)
	if err != nil {
		return metric.Measurement{}, err
	}
	m, err := reading(value)
	m.Metadata = noted(warnings)
	return m, err
}

func (p Provider) target(s Server) (call.Target, error) {
	spec := s.Spec
	address := cmp.Or(spec.Address, p.Env(AddressVariable))
	if address == "" {
		return call.Target{}, fmt.Errorf("%s: %s.address is empty, and so is the controller's %s", s.Kind, s.Field, AddressVariable)
	}
	timeout := defaultTimeout
	if spec.Timeout != nil && *spec.Timeout < 0 {
		return call.Target{}, fmt.Errorf("%s: %s.timeout is %d: give seconds, or leave it out for 30", s.Kind, s.Field, *spec.Timeout)
	}
	if spec.Timeout != nil && *spec.Timeout > 0 {
		timeout = time.Duration(*spec.Timeout) * time.Second
	}
	target := call.Target{
		Provider: s.Kind, Address: address, Timeout: timeout, Insecure: spec.Insecure,
		Headers: spec.Headers, OAuth2: spec.Authentication.OAuth2, Secrets: s.Secrets,
	}
	if p.signed(address, spec.Authentication.Sigv4) {
		target.Sign = signature(spec.Authentication.Sigv4)
	}
	return withBasicAuth(target, spec.Authentication.BasicAuth)
}

// withBasicAuth sends name and password as a header, and keeps the password from being shown.
func withBasicAuth(target call.Target, auth v1alpha1.BasicAuthConfig) (call.Target, error) {
	if auth.Username == "" && auth.Password == "" {
		return target, nil
	}
	if target.OAuth2.TokenURL != "" {
		return target, fmt.Errorf("%s: authentication has both basicAuth and oauth2: keep one", target.Provider)
	}
	req := http.Request{Header: http.Header{}}
	req.SetBasicAuth(auth.Username, auth.Password)
	target.Headers = append([]v1alpha1.WebMetricHeader{{Key: "Authorization", Value: req.Header.Get("Authorization")}}, target.Headers...)
	target.Secrets = append([]string{auth.Password}, target.Secrets...)
	return target, nil
}

// signed tells whether requests are signed: only for Amazon's managed service, and only if somebody named an identity.
func (p Provider) signed(address string, auth v1alpha1.Sigv4Config) bool {
	if !strings.Contains(address, "aps-workspaces") {
		return false
	}
	named := cmp.Or(auth.Region, auth.Profile, auth.RoleARN, p.Env("AWS_REGION"), p.Env("AWS_DEFAULT_REGION"), p.Env("AWS_PROFILE"), p.Env("AWS_ROLE_ARN"))
	return named != ""
}

func signature(auth v1alpha1.Sigv4Config) func(context.Context, http.RoundTripper) (http.RoundTripper, error) {
	return func(ctx context.Context, next http.RoundTripper) (http.RoundTripper, error) {
		config := &sigv4.SigV4Config{Region: auth.Region, Profile: auth.Profile, RoleARN: auth.RoleARN}
		return sigv4.NewSigV4RoundTripper(config, next, sigv4.WithContext(ctx))
	}
}

func ask(ctx context.Context, server promv1.API, q metric.Query) (model.Value, promv1.Warnings, error) {
	spec := q.Metric.Provider.Prometheus
	if spec.RangeQuery == nil {
		return server.Query(ctx, spec.Query, q.Now)
	}
	span, err := spanOf(*spec.RangeQuery, q.Now)
	if err != nil {
		return nil, nil, err
	}
	return server.QueryRange(ctx, spec.Query, span)
}

// reading is a result as conditions see it and as it is stored.
func reading(value model.Value) (metric.Measurement, error) {
	switch value := value.(type) {
	case *model.Scalar:
		return metric.Measurement{Value: float64(value.Value), Text: value.Value.String()}, nil
	case model.Vector:
		numbers := make([]float64, 0, len(value))
		for _, sample := range value {
			numbers = append(numbers, float64(sample.Value))
		}
		return list(numbers), nil
	case model.Matrix:
		numbers := []float64{}
		for _, series := range value {
			for _, sample := range series.Values {
				numbers = append(numbers, float64(sample.Value))
			}
		}
		return list(numbers), nil
	default:
		return metric.Measurement{}, errors.New("Prometheus metric type not supported") //nolint:staticcheck // Compat: scripts look for this text
	}
}

func list(numbers []float64) metric.Measurement {
	texts := make([]string, 0, len(numbers))
	for _, n := range numbers {
		texts = append(texts, model.SampleValue(n).String())
	}
	return metric.Measurement{Value: numbers, Text: "[" + strings.Join(texts, ",") + "]"}
}

// noted is what the server warned of, each warning in quotes; nil if nothing.
func noted(warnings promv1.Warnings) map[string]string {
	if len(warnings) == 0 {
		return nil
	}
	quoted := make([]string, 0, len(warnings))
	for _, warning := range warnings {
		quoted = append(quoted, strconv.Quote(warning))
	}
	return map[string]string{warningsKey: strings.Join(quoted, ", ")}
}
