package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
)

var errTooLate = errors.New("the time for this question is over")

// measure asks and waits. Whatever goes wrong is an answer.
func (d *Desk) measure(ctx context.Context, q metric.Query, prior *metric.Measurement) (a analysis.Answer) {
	a = analysis.Answer{Metric: q.Metric.Name, Number: q.Number, StartedAt: q.Now}
	err := guarded(ctx, q, func() error {
		backend, err := d.Backends.For(q.Metric)
		if err != nil {
			return err
		}
		a.Measurement, err = backend.Measure(ctx, q, prior)
		return err
	})
	if err != nil {
		a.Problem = cmp.Or(err.Error(), "the backend gives no reason")
	}
	a.FinishedAt = d.Now()
	return a
}

func (d *Desk) tooLate(q metric.Query) analysis.Answer {
	return analysis.Answer{
		Metric: q.Metric.Name, Number: q.Number, StartedAt: q.Now, FinishedAt: d.Now(), Problem: fmt.Sprintf("no answer within %s", d.Longest),
	}
}

// end has a backend end what it has under way.
func (d *Desk) end(ctx context.Context, q metric.Query, m metric.Measurement) {
	d.run(ctx, q, "stopping", func(ctx context.Context) error {
		backend, err := d.Backends.For(q.Metric)
		if err != nil {
			return err
		}
		_, err = backend.Stop(ctx, q, m)
		return err
	})
}

// Trim has a backend throw away, in the background, what it keeps of a metric's measurements beyond limit.
func (d *Desk) Trim(ctx context.Context, q metric.Query, limit int) {
	go d.run(ctx, q, "trimming", func(ctx context.Context) error { return d.Backends.Retain(ctx, q, limit) })
}

// run does what no answer is wanted of, within its time. That it went wrong is only told: the verdict stands already.
func (d *Desk) run(ctx context.Context, q metric.Query, what string, do func(context.Context) error) {
	within, cancel := context.WithTimeout(ctx, d.Errand)
	defer cancel()
	if err := guarded(within, q, func() error { return do(within) }); err != nil {
		log.FromContext(ctx).Info(what+" did not work", "metric", q.Metric.Name, "number", q.Number, "reason", call.Mask(err.Error(), q.Secrets))
	}
}

// guarded makes an error of a panic: a backend's mistake must not end the controller. The stack tells the place and no values.
func guarded(ctx context.Context, q metric.Query, do func() error) (err error) {
	defer func() {
		broken := recover()
		if broken == nil {
			return
		}
		text := call.Mask(fmt.Sprint(broken), q.Secrets)
		log.FromContext(ctx).Info("a backend broke", "metric", q.Metric.Name, "reason", text, "stack", string(debug.Stack()))
		err = fmt.Errorf("the backend broke, which is a mistake in its code: %s", text)
	}()
	return do()
}
