package prometheus

import (
	"fmt"
	"math"
	"time"

	"github.com/expr-lang/expr"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
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
	program, err := expr.Compile(text, expr.DisableBuiltin("now"),
		expr.Function("now", func(...any) (any, error) { return now, nil }, new(func() time.Time)),
		expr.Function("isNaN", func(args ...any) (any, error) { return math.IsNaN(args[0].(float64)), nil }, math.IsNaN),
		expr.Function("isInf", func(args ...any) (any, error) { return math.IsInf(args[0].(float64), 0), nil }, new(func(float64) bool)))
	if err != nil {
		return time.Time{}, fmt.Errorf("rangeQuery.%s %q: %w", field, text, err)
	}
	value, err := expr.Run(program, nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("rangeQuery.%s %q: %w", field, text, err)
	}
	at, ok := value.(time.Time)
	if !ok {
		return time.Time{}, fmt.Errorf("rangeQuery.%s %q: expected time.Time, but got %T", field, text, value)
	}
	return at, nil
}
