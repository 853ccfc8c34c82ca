package analysis

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/expression"
)

// resolved fills in the arguments and finds what can be wrong with a run before anything is asked.
func resolved(t *turn) outcome {
	t.start()
	t.secrets = hidden(t.Secrets)
	known, err := values(t.run.Spec.Args, t.Secrets)
	if err == nil {
		err = t.fill(known)
	}
	if err != nil {
		return t.fail("Unable to resolve metric arguments: " + t.redacted(err.Error()))
	}
	if problem := t.invalid(); problem != "" {
		return t.fail("Analysis spec invalid: " + t.redacted(problem))
	}
	return goOn
}

// start notes when the run began.
func (t *turn) start() {
	if t.status.StartedAt == nil {
		t.status.StartedAt = t.timestamp()
	}
}

// invalid is the first thing that is wrong with the spec, empty for nothing.
func (t *turn) invalid() string {
	spec := t.run.Spec
	spec.Metrics = make([]v1alpha1.Metric, len(t.gauges))
	for i, g := range t.gauges {
		spec.Metrics[i] = g.metric
	}
	errs := v1alpha1.ValidateAnalysisRunSpec(&spec, nil)
	for i, g := range t.gauges {
		errs = append(errs, g.unfit(t.Expressions, field.NewPath("metrics").Index(i))...)
	}
	if len(errs) == 0 {
		return ""
	}
	if errs[0].Field == "metrics" {
		return errs[0].Detail
	}
	return errs[0].Field + ": " + errs[0].Detail
}

// unfit finds conditions that can never be evaluated.
func (g gauge) unfit(cache *expression.Cache, path *field.Path) field.ErrorList {
	errs := checkMetric(&g.metric, cache, path)
	for _, err := range errs {
		if g.veiled {
			err.Detail = withheld
		}
	}
	return errs
}

// CheckConditions finds conditions and bounds of a range that can never be evaluated. The detail of each error ends in the place
// within the text, as (line:column). What holds an argument that is still to be filled in passes.
func CheckConditions(metrics []v1alpha1.Metric, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range metrics {
		errs = append(errs, checkMetric(&metrics[i], nil, path.Index(i))...)
	}
	return errs
}

func checkMetric(m *v1alpha1.Metric, cache *expression.Cache, path *field.Path) field.ErrorList {
	errs := checkText(m.SuccessCondition, path.Child("successCondition"), cache.Check)
	errs = append(errs, checkText(m.FailureCondition, path.Child("failureCondition"), cache.Check)...)
	if p := m.Provider.Prometheus; p != nil && p.RangeQuery != nil {
		within := path.Child("provider", "prometheus", "rangeQuery")
		errs = append(errs, checkText(p.RangeQuery.Start, within.Child("start"), cache.CheckTime)...)
		errs = append(errs, checkText(p.RangeQuery.End, within.Child("end"), cache.CheckTime)...)
	}
	return errs
}

func checkText(text string, path *field.Path, check func(string) error) field.ErrorList {
	if text == "" || strings.Contains(text, "{{") {
		return nil
	}
	if err := check(text); err != nil {
		return field.ErrorList{field.Invalid(path, text, err.Error())}
	}
	return nil
}
