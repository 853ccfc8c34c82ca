package prometheus

import (
	"fmt"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/expression"
)

// spanOf is the span of time that a range query asks about. now() in its expressions is the time of the question.
func spanOf(args v1alpha1.PrometheusRangeQueryArgs, now time.Time) (promv1.Range, error) {
	start, err := instant("start", args.Start, now)
	if err != nil {
		return promv1.Range{}, err
	}
	end, err := instant("end", args.End, now)
	if err != nil {
		return promv1.Range{}, err
	}
	step, err := args.Step.Duration()
	if err != nil || step <= 0 {
		return promv1.Range{}, fmt.Errorf("rangeQuery.step %q is no duration such as 1m", args.Step)
	}
	return promv1.Range{Start: start, End: end, Step: step}, nil
}

func instant(field, text string, now time.Time) (time.Time, error) {
	var once *expression.Cache // a query is asked minutes apart; there is nothing to keep
	at, err := once.Time(text, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("rangeQuery.%s %q: %w", field, text, err)
	}
	return at, nil
}
