package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/comparison"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

const (
	// mostIntervals is how many missed intervals one question catches up with; the others follow at once, when these are written.
	mostIntervals = 15
	// firstRetry is how long after a failed question it is asked again; twice as long with each failure, an interval at most.
	firstRetry = 15 * time.Second
)

// Provider compares canary with stable.
type Provider struct {
	// Prometheus holds the way to servers, and the controller's setting for those that have no address.
	Prometheus prometheus.Provider
}

var _ metric.Provider = Provider{}

// Measure counts the intervals that have ended since it was last called, and tells the verdict so far. While there is none, the
// measurement is Running. A question that failed is repeated, and nothing is forgotten; an error is returned for a bad Config, and
// when more questions failed in a row than the metric's consecutiveErrorLimit bears.
func (p Provider) Measure(ctx context.Context, q metric.Query, prior *metric.Measurement) (metric.Measurement, error) {
	config, err := comparison.Read(q.Metric.Provider.Plugin[comparison.Name])
	if err == nil {
		err = config.Ready()
	}
	if err != nil {
		return metric.Measurement{}, errors.New(call.Mask(err.Error(), q.Secrets))
	}
	known, err := resume(prior, q.Now)
	if err != nil {
		return metric.Measurement{}, err
	}
	c := contest{Config: config, query: q, progress: known, counter: p.counter(config, q)}
	if err := c.advance(ctx); err != nil {
		return c.later(err)
	}
	return c.told()
}

// Stop settles a measurement that was left Running. Nothing is under way at the server.
func (p Provider) Stop(_ context.Context, _ metric.Query, m metric.Measurement) (metric.Measurement, error) {
	if m.Phase == v1alpha1.AnalysisPhaseRunning {
		m.Phase, m.ResumeAt = v1alpha1.AnalysisPhaseInconclusive, time.Time{}
	}
	m.Metadata = maps.Clone(m.Metadata)
	delete(m.Metadata, stateKey)
	return m, nil
}

func (p Provider) counter(c comparison.Config, q metric.Query) *counter {
	s := c.Prometheus
	return &counter{
		prometheus: p.Prometheus,
		server: prometheus.Server{
			Kind: "compare: prometheus", Field: comparison.Place + ".prometheus", Secrets: q.Secrets,
			Spec: v1alpha1.PrometheusMetric{
				Address: s.Address, Headers: s.Headers, Insecure: s.Insecure, Authentication: s.Authentication, Timeout: s.Timeout,
			},
		},
		pair: c.Queries(q.Run.Namespace),
	}
}

// contest is one turn of a comparison.
type contest struct {
	comparison.Config
	query    metric.Query
	progress progress
	counter  *counter
}

// advance counts what can be counted. What it has counted stays, also beside an error.
func (c *contest) advance(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	for range mostIntervals {
		end := c.progress.Asked.Add(c.Interval)
		if c.decided() || c.query.Now.Before(end.Add(c.Delay)) {
			return nil
		}
		interval, blind, err := c.counter.interval(ctx, end, c.progress.Counted)
		if err != nil {
			return err
		}
		if blind {
			c.progress.Asked, c.progress.Errors = end, 0
			continue
		}
		interval.Weight = c.Weight
		next, err := c.progress.Judge.Add(interval)
		if err != nil {
			return fmt.Errorf("compare: %w", err)
		}
		c.progress = progress{Began: c.progress.Began, Asked: end, Counted: c.progress.Counted.and(interval), Judge: &next}
	}
	return nil
}

// begin learns from stable's past, once. The last of its intervals ended one interval ago: the newest counts may still be on their way.
func (c *contest) begin(ctx context.Context) error {
	if c.progress.Judge != nil {
		return nil
	}
	past, err := c.counter.past(ctx, c.progress.Began.Add(-c.Interval), c.Interval, c.Past)
	if err != nil {
		return err
	}
	state, err := judge.Begin(c.progress.Began, past, c.Judge)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	c.progress.Judge, c.progress.Errors = &state, 0
	for _, interval := range past {
		c.progress.Counted = c.progress.Counted.and(interval)
	}
	return nil
}

// decided tells whether the intervals so far are enough. The time of a verdict is that of its last interval, not that of the question:
// so it is the same if the controller was away meanwhile.
func (c *contest) decided() bool {
	return c.progress.Judge.Outcome(c.progress.Asked) != judge.Continue
}

// told is the measurement of all that was counted.
func (c *contest) told() (metric.Measurement, error) {
	verdict := c.progress.Judge.Verdict(c.progress.Asked)
	m := metric.Measurement{
		Text: summary(verdict.Evidence), Phase: phases[verdict.Outcome], Message: verdict.Message,
		Metadata: stored(verdict, c.progress.Asked), About: c.about(),
	}
	if counts := verdict.Evidence; counts.Canary.Requests+counts.Stable.Requests == 0 && c.progress.Asked.After(c.progress.Began) {
		m.Message += ": if there were some, the queries in this metric's metadata select none of them"
	}
	if warnings := c.counter.noted(); warnings != "" {
		m.Metadata["warnings"] = call.Mask(warnings, c.query.Secrets)
	}
	if m.Phase != v1alpha1.AnalysisPhaseRunning {
		return m, nil
	}
	m.ResumeAt = c.progress.Asked.Add(c.Interval + c.Delay)
	return c.running(m)
}

// phases are what a verdict makes of a measurement. A router that does not keep the weight pauses the Rollout, as no verdict does.
var phases = map[judge.Outcome]v1alpha1.AnalysisPhase{
	judge.Continue:     v1alpha1.AnalysisPhaseRunning,
	judge.Pass:         v1alpha1.AnalysisPhaseSuccessful,
	judge.Fail:         v1alpha1.AnalysisPhaseFailed,
	judge.Inconclusive: v1alpha1.AnalysisPhaseInconclusive,
	judge.RouterFault:  v1alpha1.AnalysisPhaseInconclusive,
}

// later keeps what is known and asks again, unless that has failed too often.
func (c *contest) later(err error) (metric.Measurement, error) {
	c.progress.Errors++
	most := bearable(c.query.Metric.ConsecutiveErrorLimit)
	if c.progress.Errors > most {
		return metric.Measurement{About: c.about()}, err
	}
	wait := min(firstRetry<<min(c.progress.Errors-1, 20), max(firstRetry, c.Interval))
	again := c.query.Now.Add(wait).Truncate(time.Second)
	m := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, ResumeAt: again, Metadata: map[string]string{}, About: c.about()}
	if c.progress.Judge != nil {
		verdict := c.progress.Judge.Verdict(c.progress.Asked)
		m.Text, m.Metadata = summary(verdict.Evidence), stored(verdict, c.progress.Asked)
	}
	m.Metadata["errors"] = strconv.Itoa(c.progress.Errors)
	m.Message = fmt.Sprintf("%s; failure %d of %d that are borne in a row, asked again at %s",
		err, c.progress.Errors, most, again.UTC().Format(time.RFC3339))
	return c.running(m)
}

func (c *contest) running(m metric.Measurement) (metric.Measurement, error) {
	state, err := c.progress.text()
	if err != nil {
		return metric.Measurement{}, err
	}
	m.Metadata[stateKey] = state
	return m, nil
}

func (c *contest) about() map[string]string {
	about := c.counter.pair.About()
	for key, query := range about {
		about[key] = call.Mask(query, c.query.Secrets)
	}
	return about
}

// bearable is how many errors in a row a metric bears.
func bearable(limit *intstr.IntOrString) int {
	if limit == nil {
		return int(v1alpha1.DefaultConsecutiveErrorLimit)
	}
	return limit.IntValue()
}
