package wavefront

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

// tokens is the Secret with one token for each address.
const tokens = "wavefront-api-tokens"

const timeout = 30 * time.Second

// Keys of what is stored beside a measurement: the times of the points that were taken, and how many seconds they lie
// after the measurement.
const (
	timestampsKey = "timestamps"
	driftKey      = "drift"
	warningsKey   = "warnings"
)

// Provider asks Wavefront.
type Provider struct {
	call.AtOnce
	// Pool to ask over.
	Pool *call.Pool
	// Secrets holds the tokens, in Namespace.
	Secrets   metric.Secrets
	Namespace string
}

var _ metric.Provider = Provider{}

type answer struct {
	Timeseries []struct {
		// Data are pairs of time in seconds and value.
		Data [][2]float64 `json:"data"`
	} `json:"timeseries"`
	Warnings     string `json:"warnings"`
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

// Measure runs the query. The value is a float64 for one series and a []float64 for several: of each the point nearest to now.
func (p Provider) Measure(ctx context.Context, q metric.Query, _ *metric.Measurement) (metric.Measurement, error) {
	spec := q.Metric.Provider.Wavefront
	keys, err := metric.ReadKeys(ctx, p.Secrets, p.Namespace, tokens)
	if err != nil {
		return metric.Measurement{}, fmt.Errorf("wavefront: %w", err)
	}
	if err := keys.Need(spec.Address); err != nil {
		return metric.Measurement{}, fmt.Errorf("wavefront: %w", err)
	}
	token := keys.Get(spec.Address)
	target := call.Target{
		Provider: "wavefront", Address: withScheme(spec.Address), Timeout: timeout,
		Headers: []v1alpha1.WebMetricHeader{{Key: "Authorization", Value: "Bearer " + token}},
		Secrets: append([]string{token}, q.Secrets...),
	}
	return p.Pool.Ask(ctx, target, func(ctx context.Context, line *call.Line) (metric.Measurement, error) {
		var got answer
		if err := line.Get(ctx, "api/v2/chart/api", parameters(spec.Query, q.Now), &got); err != nil {
			return metric.Measurement{}, err
		}
		return reading(got, q.Now)
	})
}

// withScheme takes addresses as they may be keys of a Secret: without a scheme.
func withScheme(address string) string {
	if address == "" || strings.Contains(address, "://") {
		return address
	}
	return "https://" + address
}

// parameters ask for one point a series at the present; as hardly any point lies in a window that narrow, i takes those beside it.
func parameters(query string, now time.Time) url.Values {
	at := strconv.FormatInt(now.Unix()*1000, 10)
	return url.Values{"q": {query}, "s": {at}, "e": {at}, "g": {"s"}, "p": {"1"}, "i": {"true"}}
}

func reading(got answer, now time.Time) (metric.Measurement, error) {
	if got.ErrorType != "" || got.ErrorMessage != "" {
		return metric.Measurement{}, fmt.Errorf("the query was refused: %s", cmp.Or(got.ErrorMessage, got.ErrorType))
	}
	numbers, texts, times, drifts := []float64{}, []string{}, []string{}, []string{}
	for _, series := range got.Timeseries {
		if len(series.Data) == 0 {
			return metric.Measurement{}, errors.New("a series holds no point")
		}
		at, n := nearest(series.Data, float64(now.Unix()))
		numbers = append(numbers, n)
		texts = append(texts, strconv.FormatFloat(n, 'f', 2, 64))
		times = append(times, strconv.FormatFloat(at, 'f', 0, 64))
		drifts = append(drifts, strconv.FormatFloat(at-float64(now.Unix()), 'f', 0, 64))
	}
	m := metric.Measurement{Metadata: map[string]string{timestampsKey: joined(times), driftKey: joined(drifts)}}
	if got.Warnings != "" {
		m.Metadata[warningsKey] = got.Warnings
	}
	switch len(numbers) {
	case 0:
		return metric.Measurement{}, errors.New("the query gave no timeseries")
	case 1:
		m.Value, m.Text = numbers[0], joined(texts)
	default:
		m.Value, m.Text = numbers, joined(texts)
	}
	return m, nil
}

// joined is one text as it is, and several in brackets.
func joined(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// nearest is time and value of the point nearest to now, both in seconds.
func nearest(points [][2]float64, now float64) (at, value float64) {
	best := points[0]
	for _, point := range points[1:] {
		if math.Abs(point[0]-now) < math.Abs(best[0]-now) {
			best = point
		}
	}
	return best[0], best[1]
}
