package template

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Overlay is what whoever starts a run adds to its templates. All values of Args are known.
type Overlay struct {
	Args                 []v1alpha1.Argument
	DryRun               []v1alpha1.DryRun
	MeasurementRetention []v1alpha1.MeasurementRetention
}

// Merge makes one spec of templates and what is laid over them. An error names the metric, argument or rule that is there twice, or
// the argument that has no value.
func Merge(templates []Named, over Overlay) (v1alpha1.AnalysisRunSpec, error) {
	spec := v1alpha1.AnalysisRunSpec{
		DryRun:               slices.Clone(over.DryRun),
		MeasurementRetention: slices.Clone(over.MeasurementRetention),
	}
	var declared []v1alpha1.Argument
	for _, t := range templates {
		for i := range t.Spec.Metrics {
			spec.Metrics = append(spec.Metrics, *t.Spec.Metrics[i].DeepCopy())
		}
		declared = append(declared, t.Spec.Args...)
		spec.DryRun = append(spec.DryRun, t.Spec.DryRun...)
		spec.MeasurementRetention = append(spec.MeasurementRetention, t.Spec.MeasurementRetention...)
	}
	args, err := mergeArgs(declared, over.Args)
	if err != nil {
		return v1alpha1.AnalysisRunSpec{}, err
	}
	spec.Args = args
	return spec, twice(spec)
}

// twice is an error where something is there twice.
func twice(spec v1alpha1.AnalysisRunSpec) error {
	metrics := repeated(spec.Metrics, func(m v1alpha1.Metric) string { return m.Name })
	dry := repeated(spec.DryRun, func(r v1alpha1.DryRun) string { return r.MetricName })
	kept := repeated(spec.MeasurementRetention, func(r v1alpha1.MeasurementRetention) string { return r.MetricName })
	switch {
	case metrics != nil:
		return fmt.Errorf("two metrics have the same name '%s'", *metrics)
	case dry != nil:
		return fmt.Errorf("two Dry-Run metric rules have the same name '%s'", *dry)
	case kept != nil:
		return fmt.Errorf("two Measurement Retention metric rules have the same name '%s'", *kept)
	}
	return nil
}

// repeated is the first name that is there twice, nil for none.
func repeated[T any](list []T, name func(T) string) *string {
	seen := map[string]bool{}
	for _, item := range list {
		n := name(item)
		if seen[n] {
			return &n
		}
		seen[n] = true
	}
	return nil
}

func mergeArgs(declared, given []v1alpha1.Argument) ([]v1alpha1.Argument, error) {
	merged, err := declaredOnce(declared)
	if err != nil {
		return nil, err
	}
	for i := range merged {
		arg := &merged[i]
		if at := slices.IndexFunc(given, func(g v1alpha1.Argument) bool { return g.Name == arg.Name }); at >= 0 {
			*arg = *given[at].DeepCopy()
		}
		if arg.Value == nil && arg.ValueFrom == nil {
			return nil, unresolved(arg.Name)
		}
	}
	return merged, nil
}

// declaredOnce makes one argument of those of a name. They must agree; the first that has a value gives it.
func declaredOnce(declared []v1alpha1.Argument) ([]v1alpha1.Argument, error) {
	var once []v1alpha1.Argument
	for _, arg := range declared {
		at := slices.IndexFunc(once, func(o v1alpha1.Argument) bool { return o.Name == arg.Name })
		if at < 0 {
			once = append(once, *arg.DeepCopy())
			continue
		}
		former := &once[at]
		if former.Value != nil && arg.Value != nil && *former.Value != *arg.Value {
			return nil, fmt.Errorf("Argument `%s` specified multiple times with different values: '%s', '%s'", arg.Name, *former.Value, *arg.Value) //nolint:staticcheck,revive // the words are an interface
		}
		if former.Value == nil && former.ValueFrom == nil {
			*former = *arg.DeepCopy()
		}
	}
	return once, nil
}

func unresolved(name string) error { return errors.New("args." + name + " was not resolved") }
