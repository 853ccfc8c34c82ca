package v1alpha1

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateAnalysisTemplateSpec finds what is wrong with a template by itself. Numbers and durations that are still to
// be filled in ("{{args.x}}") pass; a template without metrics passes if it names other templates.
// The detail of each error is the sentence that ends a run: "<field>: <detail>".
func ValidateAnalysisTemplateSpec(spec *AnalysisTemplateSpec, path *field.Path) field.ErrorList {
	if len(spec.Metrics) == 0 && len(spec.Templates) > 0 {
		return nil
	}
	return ValidateMetrics(spec.Metrics, path.Child("metrics"))
}

// ValidateAnalysisRunSpec finds what is wrong with a run, dry-run and retention rules that match no metric included.
func ValidateAnalysisRunSpec(spec *AnalysisRunSpec, path *field.Path) field.ErrorList {
	errs := ValidateMetrics(spec.Metrics, path.Child("metrics"))
	for i, rule := range spec.DryRun {
		errs = append(errs, validateRule(rule.MetricName, spec.Metrics, path.Child("dryRun").Index(i))...)
	}
	for i, rule := range spec.MeasurementRetention {
		errs = append(errs, validateRule(rule.MetricName, spec.Metrics, path.Child("measurementRetention").Index(i))...)
	}
	return errs
}

func validateRule(pattern string, metrics []Metric, path *field.Path) field.ErrorList {
	rule, err := regexp.Compile(pattern)
	if err != nil {
		return field.ErrorList{field.Invalid(path, pattern, "metricName is not a regular expression: "+err.Error())}
	}
	for i := range metrics {
		if rule.MatchString(metrics[i].Name) {
			return nil
		}
	}
	return field.ErrorList{field.Invalid(path, pattern, "Rule didn't match any metric name(s)")}
}

// ValidateMetrics finds what is wrong with a list of metrics.
func ValidateMetrics(metrics []Metric, path *field.Path) field.ErrorList {
	if len(metrics) == 0 {
		return field.ErrorList{field.Required(path, "no metrics specified")}
	}
	var errs field.ErrorList
	names := map[string]bool{}
	for i := range metrics {
		metric, at := &metrics[i], path.Index(i)
		if names[metric.Name] {
			errs = append(errs, field.Invalid(at, metric.Name, fmt.Sprintf("duplicate name '%s'", metric.Name)))
		}
		names[metric.Name] = true
		errs = append(errs, validateLimits(metric, at)...)
		errs = append(errs, validateTimes(metric, at)...)
		errs = append(errs, validateProvider(&metric.Provider, at.Child("provider"))...)
	}
	return errs
}

// limits are a metric's numbers. Those that arguments fill in are not known yet, and nothing is said about them.
type limits struct {
	count, failure, inconclusive, consecutiveError, consecutiveSuccess number
}

// number is what an int-or-string field holds; value is the default where the field is absent.
type number struct {
	value  int
	known  bool
	broken bool
	text   string
}

func numberOf(value *intstr.IntOrString, absent int) number {
	switch {
	case value == nil:
		return number{value: absent, known: true, text: strconv.Itoa(absent)}
	case value.Type == intstr.Int:
		return number{value: int(value.IntVal), known: true, text: value.String()}
	case strings.Contains(value.StrVal, "{{"):
		return number{text: value.StrVal}
	}
	n, err := strconv.Atoi(value.StrVal)
	return number{value: n, known: err == nil, broken: err != nil, text: value.StrVal}
}

func limitsOf(metric *Metric) limits {
	return limits{
		count:              numberOf(metric.Count, 0),
		failure:            numberOf(metric.FailureLimit, 0),
		inconclusive:       numberOf(metric.InconclusiveLimit, 0),
		consecutiveError:   numberOf(metric.ConsecutiveErrorLimit, int(DefaultConsecutiveErrorLimit)),
		consecutiveSuccess: numberOf(metric.ConsecutiveSuccessLimit, 0),
	}
}

func validateLimits(metric *Metric, path *field.Path) field.ErrorList {
	l := limitsOf(metric)
	var errs field.ErrorList
	for _, bound := range []struct {
		name  string
		least int
		number
	}{
		{"count", 0, l.count},
		{"consecutiveSuccessLimit", 0, l.consecutiveSuccess},
		{"failureLimit", -1, l.failure},
		{"inconclusiveLimit", 0, l.inconclusive},
		{"consecutiveErrorLimit", 0, l.consecutiveError},
	} {
		switch at := path.Child(bound.name); {
		case bound.broken:
			errs = append(errs, field.Invalid(at, bound.text, "must be a whole number"))
		case bound.name != "count" && bound.known && bound.value < bound.least:
			errs = append(errs, field.Invalid(at, bound.text, fmt.Sprintf("must be >= %d", bound.least)))
		}
	}
	if l.failure.known && l.consecutiveSuccess.known && l.failure.value == -1 && l.consecutiveSuccess.value == 0 {
		errs = append(errs, field.Invalid(path, metric.Name,
			"failureLimit -1 needs a consecutiveSuccessLimit: with both disabled no result would ever count"))
	}
	return append(errs, validateCount(metric, l, path)...)
}

// validateCount wants as many measurements as the limits need to be reached at all.
func validateCount(metric *Metric, l limits, path *field.Path) field.ErrorList {
	if !l.count.known || l.count.value <= 0 {
		return nil
	}
	var errs field.ErrorList
	count, at := l.count.value, path.Child("count")
	if needed := max(l.failure.value, 0) + l.consecutiveSuccess.value; l.failure.known && l.consecutiveSuccess.known && count < needed {
		errs = append(errs, field.Invalid(at, count, fmt.Sprintf("must be >= failureLimit + consecutiveSuccessLimit, which is %d", needed)))
	}
	if l.inconclusive.known && count < l.inconclusive.value {
		errs = append(errs, field.Invalid(at, count, "must be >= inconclusiveLimit"))
	}
	if count > 1 && metric.Interval == "" {
		errs = append(errs, field.Required(path.Child("interval"), "interval must be specified when count > 1"))
	}
	return errs
}

func validateTimes(metric *Metric, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, duration := range []struct {
		name  string
		value DurationString
	}{{"interval", metric.Interval}, {"initialDelay", metric.InitialDelay}} {
		if duration.value == "" || strings.Contains(string(duration.value), "{{") {
			continue
		}
		if _, err := duration.value.Duration(); err != nil {
			errs = append(errs, field.Invalid(path.Child(duration.name), string(duration.value), "must be a duration such as 30s, 5m or 1h"))
		}
	}
	return errs
}

func validateProvider(provider *MetricProvider, path *field.Path) field.ErrorList {
	set := map[string]bool{
		"prometheus": provider.Prometheus != nil, "kayenta": provider.Kayenta != nil, "web": provider.Web != nil,
		"datadog": provider.Datadog != nil, "wavefront": provider.Wavefront != nil, "newRelic": provider.NewRelic != nil,
		"job": provider.Job != nil, "cloudWatch": provider.CloudWatch != nil, "graphite": provider.Graphite != nil,
		"influxdb": provider.Influxdb != nil, "skywalking": provider.SkyWalking != nil, "plugin": len(provider.Plugin) > 0,
	}
	count := len(provider.Plugin)
	for name, present := range set {
		if present && name != "plugin" {
			count++
		}
	}
	switch count {
	case 0:
		return field.ErrorList{field.Required(path, "no provider specified")}
	case 1:
		return nil
	}
	return field.ErrorList{field.Invalid(path, kindsOf(set), "multiple providers specified")}
}
