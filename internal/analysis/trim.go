package analysis

import (
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// trimmed drops the oldest measurements where there are more than are kept. The numbers stay.
func trimmed(t *turn) outcome {
	for _, g := range t.gauges {
		r := t.result(g.metric.Name)
		if r == nil || len(r.Measurements) <= g.keep {
			continue
		}
		surplus := len(r.Measurements) - g.keep
		dropped := slices.Clone(r.Measurements[:surplus])
		r.Measurements = slices.Clone(r.Measurements[surplus:])
		// Only a backend that left a trace in the measurement keeps anything of it.
		if slices.ContainsFunc(dropped, func(m v1alpha1.Measurement) bool { return len(m.Metadata) > 0 }) {
			t.do(plan.TrimMeasurements{Query: t.query(g.metric), Dropped: dropped})
		}
	}
	return goOn
}
