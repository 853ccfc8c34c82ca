package expression

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Conditions of a metric, as written. An empty one was not given.
type Conditions struct {
	Success string
	Failure string
}

var errNoData = errors.New("metric result is nil or empty: no data returned from the metric provider")

// Judge says what the conditions make of a result: Successful, Failed or Inconclusive. With an error the phase is Error; it names the
// condition, quotes it and says why it could not be evaluated. The time is what now() gives.
func (c Conditions) Judge(cache *Cache, result any, now time.Time) (v1alpha1.AnalysisPhase, error) {
	success, err := holds(cache, question{name: "successCondition", text: c.Success, result: result, now: now})
	if err != nil {
		return v1alpha1.AnalysisPhaseError, err
	}
	failure, err := holds(cache, question{name: "failureCondition", text: c.Failure, result: result, now: now})
	if err != nil {
		return v1alpha1.AnalysisPhaseError, err
	}
	switch {
	case c.Failure != "" && failure:
		return v1alpha1.AnalysisPhaseFailed, nil
	case c.Success == "", success:
		return v1alpha1.AnalysisPhaseSuccessful, nil
	case c.Failure == "":
		return v1alpha1.AnalysisPhaseFailed, nil
	}
	return v1alpha1.AnalysisPhaseInconclusive, nil
}

// question is one condition put to one result.
type question struct {
	name   string
	text   string
	result any
	now    time.Time
}

func holds(cache *Cache, q question) (bool, error) {
	if q.text == "" {
		return false, nil
	}
	q.result = pointedAt(q.result)
	yes, err := cache.truth(q.text, q.result, q.now)
	if err == nil {
		return yes, nil
	}
	// Whatever went wrong without data went wrong for want of data.
	if empty(q.result) {
		err = errNoData
	}
	return false, fmt.Errorf("could not evaluate %s %q: %w", q.name, q.text, err)
}

func (c *Cache) truth(text string, result any, now time.Time) (bool, error) {
	program, err := c.condition(text, reflect.TypeOf(result))
	if err != nil {
		return false, err
	}
	value, err := program.run(result, now)
	if err != nil {
		return false, err
	}
	yes, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("expected bool, but got %T", value)
	}
	return yes, nil
}

// pointedAt takes one level of indirection off a result.
func pointedAt(result any) any {
	value := reflect.ValueOf(result)
	if value.Kind() != reflect.Pointer {
		return result
	}
	if value.IsNil() {
		return nil
	}
	return value.Elem().Interface()
}

// empty tells whether a backend had no data to give.
func empty(result any) bool {
	value := reflect.ValueOf(result)
	return isNil(result) || (value.Kind() == reflect.Slice && value.Len() == 0)
}
