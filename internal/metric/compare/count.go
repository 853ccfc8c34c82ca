package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/kanari-dev/kanari/internal/comparison"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

// counter asks one server how often things happened.
type counter struct {
	prometheus prometheus.Provider
	server     prometheus.Server
	pair       comparison.Pair
	// warnings that came with the latest answers.
	warnings []string
}

// interval counts both versions in the interval that ended at a moment. It is blind where all series of a version are new that was
// counted before: the server began anew without its data, so what the processes ever counted would be taken for this interval's.
func (c *counter) interval(ctx context.Context, at time.Time, before counted) (found judge.Interval, blind bool, err error) {
	found = judge.Interval{At: at}
	_, err = c.prometheus.Ask(ctx, c.server, func(ctx context.Context, server promv1.API) (metric.Measurement, error) {
		now := moment{server: server, at: at}
		var err error
		if blind, err = now.blind(ctx, c.pair, before); err != nil || blind {
			return metric.Measurement{}, err
		}
		if found.Canary, err = now.counts(ctx, c.pair.Canary); err != nil {
			return metric.Measurement{}, fmt.Errorf("counting the canary: %w", err)
		}
		if found.Stable, err = now.counts(ctx, c.pair.Stable); err != nil {
			return metric.Measurement{}, fmt.Errorf("counting the stable version: %w", err)
		}
		c.warnings = now.warnings
		return metric.Measurement{}, nil
	})
	return found, blind, err
}

// moment asks about the interval that ended then.
type moment struct {
	server   promv1.API
	at       time.Time
	warnings []string
}

func (m *moment) blind(ctx context.Context, pair comparison.Pair, before counted) (bool, error) {
	var old []comparison.Query
	if before.Canary {
		old = append(old, pair.Canary.Known)
	}
	if before.Stable {
		old = append(old, pair.Stable.Known)
	}
	for _, query := range old {
		if query.Sent == "" {
			continue // whoever writes queries looks after this
		}
		known, err := m.number(ctx, query)
		if err != nil || known.value == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

func (m *moment) counts(ctx context.Context, q comparison.Queries) (judge.Counts, error) {
	requests, err := m.number(ctx, q.Requests)
	if err != nil {
		return judge.Counts{}, err
	}
	if q.Quick.Sent == "" {
		bad, err := m.number(ctx, q.Bad)
		return judge.Counts{Requests: requests.value, Bad: bad.value}, err
	}
	quick, err := m.number(ctx, q.Quick)
	if err != nil {
		return judge.Counts{}, err
	}
	if requests.value > 0 && !quick.found {
		return judge.Counts{}, fmt.Errorf("there are requests, and no bucket of the histogram: let slowerThan be one of its upper bounds; asked was %s", q.Quick.Shown)
	}
	return slow(requests.value, quick.value), nil
}

// slow are the counts of a histogram. A little more quick requests than requests is an accident of sampling.
func slow(requests, quick float64) judge.Counts {
	return judge.Counts{Requests: requests, Bad: max(0, requests-quick)}
}

// count is a number that was found; 0 if none was.
type count struct {
	value float64
	found bool
}

func (m *moment) number(ctx context.Context, q comparison.Query) (count, error) {
	answer, warnings, err := m.server.Query(ctx, q.Sent, m.at)
	if err != nil {
		return count{}, err
	}
	m.warnings = append(m.warnings, warnings...)
	switch answer := answer.(type) {
	case *model.Scalar:
		return sampled(answer.Value), nil
	case model.Vector:
		if len(answer) > 1 {
			return count{}, fmt.Errorf("%d series came back where one number is expected: put sum() around %s", len(answer), q.Shown)
		}
		for _, sample := range answer {
			return sampled(sample.Value), nil
		}
		return count{}, nil
	}
	return count{}, fmt.Errorf("a %s came back where one number is expected: %s", answer.Type(), q.Shown)
}

// sampled is a sample as a count. What is no number comes of dividing nothing by nothing: nothing was counted.
func sampled(value model.SampleValue) count {
	if math.IsNaN(float64(value)) {
		return count{}
	}
	return count{value: float64(value), found: true}
}

// past counts stable in a number of intervals, the last of which ends at a moment.
func (c *counter) past(ctx context.Context, end time.Time, interval time.Duration, number int) ([]judge.Interval, error) {
	if number == 0 {
		return nil, nil
	}
	span := promv1.Range{Start: end.Add(-time.Duration(number-1) * interval), End: end, Step: interval}
	var found []judge.Interval
	_, err := c.prometheus.Ask(ctx, c.server, func(ctx context.Context, server promv1.API) (metric.Measurement, error) {
		h := history{server: server, span: span}
		requests, err := h.numbers(ctx, c.pair.Stable.Requests)
		if err != nil {
			return metric.Measurement{}, fmt.Errorf("counting the stable version's past: %w", err)
		}
		other, err := h.numbers(ctx, cmp.Or(c.pair.Stable.Quick, c.pair.Stable.Bad))
		if err != nil {
			return metric.Measurement{}, fmt.Errorf("counting the stable version's past: %w", err)
		}
		found = h.intervals(requests, other, c.pair.Stable.Quick.Sent != "")
		return metric.Measurement{}, nil
	})
	return found, err
}

// history asks about all intervals of a span of time.
type history struct {
	server promv1.API
	span   promv1.Range
}

// numbers by the moment.
func (h history) numbers(ctx context.Context, q comparison.Query) (map[model.Time]float64, error) {
	answer, _, err := h.server.QueryRange(ctx, q.Sent, h.span)
	if err != nil {
		return nil, err
	}
	matrix, ok := answer.(model.Matrix)
	if !ok {
		return nil, errors.New("no series over time came back where one is expected: " + q.Shown)
	}
	if len(matrix) > 1 {
		return nil, fmt.Errorf("%d series came back where one number is expected: put sum() around %s", len(matrix), q.Shown)
	}
	numbers := map[model.Time]float64{}
	for _, series := range matrix {
		for _, sample := range series.Values {
			numbers[sample.Timestamp] = sampled(sample.Value).value
		}
	}
	return numbers, nil
}

// intervals in order. Counts that cannot be (a counter that was replaced meanwhile) teach nothing.
func (h history) intervals(requests, other map[model.Time]float64, quick bool) []judge.Interval {
	var all []judge.Interval
	for at := h.span.Start; !at.After(h.span.End); at = at.Add(h.span.Step) {
		key := model.TimeFromUnixNano(at.UnixNano())
		counts := judge.Counts{Requests: requests[key], Bad: other[key]}
		if quick {
			counts = slow(requests[key], other[key])
		}
		if counts.Bad >= 0 && counts.Bad <= counts.Requests {
			all = append(all, judge.Interval{Stable: counts, At: at})
		}
	}
	return all
}

// noted is the warnings as they are stored.
func (c *counter) noted() string { return strings.Join(c.warnings, "; ") }
