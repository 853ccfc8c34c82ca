package cloudwatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

const (
	defaultWindow = "5m"
	timeout       = 30 * time.Second
	messagesKey   = "messages"
	// maxPages bounds an answer that is spread over pages.
	maxPages = 10
)

// Provider asks CloudWatch with the controller's own AWS identity.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool

	mu     sync.Mutex
	loaded *aws.Config
}

var _ metric.Provider = (*Provider)(nil)

// Measure runs the queries over the window up to now. The value is a []types.MetricDataResult.
func (p *Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.CloudWatch
	window, err := cmp.Or(spec.Interval, defaultWindow).Duration()
	if err != nil || window <= 0 {
		return metric.Measurement{}, fmt.Errorf("cloudwatch: provider.cloudWatch.interval %q is no positive duration such as 5m", spec.Interval)
	}
	asked, err := queries(spec.MetricDataQueries)
	if err != nil {
		return metric.Measurement{}, err
	}
	options, address, err := p.account(ctx)
	if err != nil {
		return metric.Measurement{}, err
	}
	target := call.Target{Provider: "cloudwatch", Address: address, Timeout: timeout, Secrets: q.Secrets}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		options.HTTPClient = line.Client
		options.Retryer = aws.NopRetryer{} // one question, one answer: the run asks again by itself
		input := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(q.Now.Add(-window)), EndTime: aws.Time(q.Now), MetricDataQueries: asked}
		results, messages, err := fetch(ctx, cloudwatch.New(options), input)
		if err != nil {
			return metric.Measurement{}, err
		}
		return reading(results, messages)
	})
}

// account is the identity of the controller and the address of its region.
func (p *Provider) account(ctx context.Context) (cloudwatch.Options, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded == nil {
		found, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return cloudwatch.Options{}, "", fmt.Errorf("cloudwatch: reading the AWS configuration: %w", err)
		}
		p.loaded = &found
	}
	options := cloudwatch.NewFromConfig(*p.loaded).Options()
	if options.Region == "" {
		return options, "", errors.New("cloudwatch: no AWS region: set AWS_REGION on the controller")
	}
	endpoint, err := options.EndpointResolverV2.ResolveEndpoint(ctx, cloudwatch.EndpointParameters{
		Region: aws.String(options.Region), Endpoint: options.BaseEndpoint,
	}.WithDefaults())
	if err != nil {
		return options, "", fmt.Errorf("cloudwatch: no address for region %q: %w", options.Region, err)
	}
	return options, endpoint.URI.String(), nil
}

// fetch reads all pages; results of one query that are spread over pages become one.
func fetch(ctx context.Context, client *cloudwatch.Client, input *cloudwatch.GetMetricDataInput) ([]types.MetricDataResult, []types.MessageData, error) {
	var results []types.MetricDataResult
	var messages []types.MessageData
	pages := cloudwatch.NewGetMetricDataPaginator(client, input)
	for page := 0; pages.HasMorePages() && page < maxPages; page++ {
		answer, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		if err := spoken(answer); err != nil {
			return nil, nil, err
		}
		messages = append(messages, answer.Messages...)
		for _, result := range answer.MetricDataResults {
			results = joined(results, result)
		}
	}
	return results, messages, nil
}

// spoken holds an answer to the protocol of the service: the SDK reads a login page as an answer without results.
func spoken(answer *cloudwatch.GetMetricDataOutput) error {
	raw, ok := middleware.GetRawResponse(answer.ResultMetadata).(*smithyhttp.Response)
	if !ok || raw.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		return errors.New("the answer is not in the protocol of CloudWatch")
	}
	return nil
}

func joined(results []types.MetricDataResult, more types.MetricDataResult) []types.MetricDataResult {
	at := slices.IndexFunc(results, func(r types.MetricDataResult) bool {
		return aws.ToString(r.Id) == aws.ToString(more.Id) && aws.ToString(r.Label) == aws.ToString(more.Label)
	})
	if at < 0 {
		return append(results, more)
	}
	results[at].Timestamps = append(results[at].Timestamps, more.Timestamps...)
	results[at].Values = append(results[at].Values, more.Values...)
	results[at].Messages = append(results[at].Messages, more.Messages...)
	results[at].StatusCode = more.StatusCode
	return results
}

func reading(results []types.MetricDataResult, messages []types.MessageData) (metric.Measurement, error) {
	values := make([][]float64, 0, len(results))
	for _, result := range results {
		if result.StatusCode == types.StatusCodeInternalError || result.StatusCode == types.StatusCodeForbidden {
			return metric.Measurement{}, fmt.Errorf("query %q: %s %s", aws.ToString(result.Id), result.StatusCode, told(result.Messages))
		}
		values = append(values, result.Values)
		messages = append(messages, result.Messages...)
	}
	m := metric.Measurement{Value: results, Text: fmt.Sprint(values)}
	if len(messages) > 0 {
		m.Metadata = map[string]string{messagesKey: told(messages)}
	}
	return m, nil
}

func told(messages []types.MessageData) string {
	lines := make([]string, 0, len(messages))
	for _, message := range messages {
		lines = append(lines, aws.ToString(message.Code)+": "+aws.ToString(message.Value))
	}
	return strings.Join(lines, "; ")
}
