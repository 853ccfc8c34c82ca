package analysis

import (
	"regexp"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// gauge is a metric ready to be measured.
type gauge struct {
	// metric with its arguments filled in, secrets included where they were at hand.
	metric v1alpha1.Metric
	limits limits
	// interval between two measurements, 0 where none is given; delay before the first.
	interval, delay time.Duration
	// dryRun says that the metric has no say in the verdict.
	dryRun bool
	// keep is how many measurements are stored.
	keep int
	// veiled says that an expression holds a secret: what is wrong with it might quote a part of it.
	veiled bool
}

// limits of a metric, as numbers.
type limits struct {
	// count of measurements that end the metric; 0: no end.
	count int32
	// failure is -1 where no number of failures is too many.
	failure, inconclusive, consecutiveError int32
	// consecutiveSuccess is 0 where no number of successes is enough.
	consecutiveSuccess int32
}

const defaultKeep = 10

// gaugeOf reads a metric that validation has passed.
func gaugeOf(m v1alpha1.Metric, spec *v1alpha1.AnalysisRunSpec) gauge {
	interval, _ := m.Interval.Duration()
	delay, _ := m.InitialDelay.Duration()
	g := gauge{metric: m, limits: limitsOf(m), interval: interval, delay: delay, keep: defaultKeep}
	for _, rule := range spec.DryRun {
		g.dryRun = g.dryRun || matches(rule.MetricName, m.Name)
	}
	for _, rule := range spec.MeasurementRetention {
		if rule.Limit > 0 && matches(rule.MetricName, m.Name) {
			g.keep = int(rule.Limit)
		}
	}
	return g
}

func limitsOf(m v1alpha1.Metric) limits {
	l := limits{
		count:              numberOr(m.Count, 0),
		failure:            numberOr(m.FailureLimit, 0),
		inconclusive:       numberOr(m.InconclusiveLimit, 0),
		consecutiveError:   numberOr(m.ConsecutiveErrorLimit, v1alpha1.DefaultConsecutiveErrorLimit),
		consecutiveSuccess: numberOr(m.ConsecutiveSuccessLimit, 0),
	}
	if l.count <= 0 {
		l.count = 0
		if m.Interval == "" {
			l.count = 1
		}
	}
	return l
}

// numberOr reads a number that may be written as text, as those are that come out of arguments.
func numberOr(value *intstr.IntOrString, absent int32) int32 {
	if value == nil {
		return absent
	}
	if value.Type == intstr.Int {
		return value.IntVal
	}
	n, err := strconv.ParseInt(value.StrVal, 10, 32)
	if err != nil {
		return absent
	}
	return int32(n)
}

func matches(pattern, name string) bool {
	rule, err := regexp.Compile(pattern)
	return err == nil && rule.MatchString(name)
}

// Endless tells whether nothing but its limits would ever end a metric.
func Endless(m v1alpha1.Metric) bool { return limitsOf(m).count == 0 }
