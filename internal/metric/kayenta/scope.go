package kayenta

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
)

// pair is what is compared, as Kayenta reads it.
type pair struct {
	Control    v1alpha1.ScopeDetail `json:"controlScope"`
	Experiment v1alpha1.ScopeDetail `json:"experimentScope"`
}

// scopes are the pairs by name, with the span of time filled in where the metric leaves it open: from one interval ago, or from the
// start of the run with lookback, up to now.
func scopes(q metric.Query) (map[string]pair, error) {
	spec := q.Metric.Provider.Kayenta
	all := make(map[string]pair, len(spec.Scopes))
	for _, scope := range spec.Scopes {
		control, err := dated(scope.ControlScope, q)
		if err != nil {
			return nil, fmt.Errorf("kayenta: scope %q: %w", scope.Name, err)
		}
		experiment, err := dated(scope.ExperimentScope, q)
		if err != nil {
			return nil, fmt.Errorf("kayenta: scope %q: %w", scope.Name, err)
		}
		all[scope.Name] = pair{Control: control, Experiment: experiment}
	}
	return all, nil
}

func dated(side v1alpha1.ScopeDetail, q metric.Query) (v1alpha1.ScopeDetail, error) {
	side.End = cmp.Or(side.End, stamp(q.Now))
	if side.Start != "" {
		return side, nil
	}
	if q.Metric.Provider.Kayenta.Lookback {
		side.Start = stamp(q.Started)
		return side, nil
	}
	interval, err := q.Metric.Interval.Duration()
	if err != nil {
		return side, errors.New("start is missing: give it, or an interval of the metric to look back on, or lookback: true")
	}
	side.Start = stamp(q.Now.Add(-interval))
	return side, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
