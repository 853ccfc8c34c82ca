package comparison

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/judge"
)

// Name of the metric under provider.plugin.
const Name = "kanari.dev/compare"

// Place is where a Config stands in a metric, as errors name it.
var Place = fmt.Sprintf("provider.plugin[%q]", Name)

// Config is what stands under provider.plugin["kanari.dev/compare"].
type Config struct {
	// Prometheus is the server that is asked.
	Prometheus Server `json:"prometheus"`

	// Source names ready-made queries: pods, istio, istio-services, nginx, traefik. Empty: Requests and Bad are given instead.
	Source string `json:"source"`
	// Canary and Stable are what tells the versions apart: pod template hashes, or the names of the two Services, as Source says. They
	// take the Place of $version in a query.
	Canary *string `json:"canary"`
	Stable *string `json:"stable"`
	// Selector is added to the label matchers of Source, such as: namespace="shop",app="web".
	Selector string `json:"selector"`
	// StatusLabel and BadStatus say which requests of Source are bad: those whose label matches the regular expression.
	StatusLabel string `json:"statusLabel"`
	BadStatus   string `json:"badStatus"`
	// SlowerThan makes slow requests the bad ones instead, in seconds: a bucket of the histogram. 0 counts failed requests.
	SlowerThan float64 `json:"slowerThan"`
	// Counter and Histogram are the names of Source's metrics where they are not the usual ones; without _bucket or _count.
	Counter   string `json:"counter"`
	Histogram string `json:"histogram"`

	// Requests and Bad count one version's requests, and the bad ones among them, in the $interval before the moment of the question.
	// Each returns one number or nothing, which is 0. $version and $namespace stand for the version and for the run's namespace.
	Requests string `json:"requests"`
	Bad      string `json:"bad"`

	// Interval is how long the stretches of time are that are compared one by one, Delay how long after its end one is asked for.
	Interval time.Duration `json:"interval"`
	Delay    time.Duration `json:"delay"`
	// Weight is the canary's share of the requests in percent, to be checked. 0: not checked.
	Weight float64 `json:"weight"`
	// Past is how many intervals from before the run are read, to learn how bursty stable's bad requests are.
	Past int `json:"past"`
	// Judge says what counts as worse, and how sure one must be.
	Judge judge.Settings `json:"judge"`
}

// Server is a Prometheus server, with the fields that it has under provider.prometheus.
type Server struct {
	// Address is the server's URL; empty: the controller's setting.
	Address string `json:"address"`
	// Headers to send.
	Headers []v1alpha1.WebMetricHeader `json:"headers"`
	// Insecure skips the check of the server's certificate.
	Insecure bool `json:"insecure"`
	// Authentication towards the server.
	Authentication v1alpha1.Authentication `json:"authentication"`
	// Timeout of one question in seconds; absent: 30.
	Timeout *int64 `json:"timeout"`
}

// Check tells the first thing that is wrong with a Config, and the way out. It asks nobody. Arguments may still be open: what
// holds an {{argument}} passes, and is checked when the metric is measured. So do versions that are empty, or the same: while a
// Rollout rests, the hashes of its latest and of its stable version are.
func Check(raw json.RawMessage) error {
	_, err := Read(raw)
	return err
}

func defaults() Config {
	return Config{Interval: time.Minute, Delay: 15 * time.Second, Past: 30, Judge: judge.Defaults()}
}

// Read is the Config over its defaults. The error begins with the Place of the field.
func Read(raw json.RawMessage) (Config, error) {
	c := defaults()
	if err := decode(Place, raw, reflect.ValueOf(&c).Elem()); err != nil {
		return Config{}, err
	}
	if problem := c.problem(); problem != "" {
		return Config{}, fmt.Errorf("%s.%s", Place, problem)
	}
	if open(string(raw)) {
		return c, nil // one setting that is still open may set another one right
	}
	if err := c.Judge.Check(); err != nil {
		return Config{}, fmt.Errorf("%s.judge: %w", Place, err)
	}
	return c, c.fits()
}

// Ready tells whether there are two versions to comparison.
func (c Config) Ready() error {
	if c.Canary != nil && *c.Canary == "" {
		return fmt.Errorf("%s.canary: it is empty: there is no such version", Place)
	}
	if c.Stable != nil && *c.Stable == "" {
		return fmt.Errorf("%s.stable: it is empty: there is no such version", Place)
	}
	if c.Canary != nil && c.Stable != nil && *c.Canary == *c.Stable {
		return fmt.Errorf("%s.canary: it is %q, as stable is: there is nothing to compare", Place, *c.Canary)
	}
	return nil
}

// fits holds settings against each other.
func (c Config) fits() error {
	if c.Histogram != "" && c.SlowerThan == 0 {
		return fmt.Errorf("%s.histogram: it is asked only with slowerThan", Place)
	}
	needs := c.Judge.WarmUp + time.Duration(c.Judge.MinIntervals)*c.Interval
	if c.Judge.Deadline > 0 && c.Judge.Deadline < needs {
		return fmt.Errorf("%s.judge.deadline: %s is over before the canary could fail: warmUp and minIntervals need %s", Place, c.Judge.Deadline, needs)
	}
	return nil
}

// problem is the first thing that is wrong, beginning with the field.
func (c Config) problem() string {
	rules := append(c.rulesOfQueries(), []rule{
		{c.Interval >= time.Second, "interval: at least 1s is needed; four times the scrape interval is good"},
		{c.Delay >= 0, "delay: it must not be negative"},
		{c.Weight >= 0 && c.Weight <= 100, "weight: it is the canary's share in percent, 0 to 100"},
		{c.Past >= 0 && c.Past <= 1000, "past: it is a number of intervals, 0 to 1000"},
		{c.Prometheus.Timeout == nil || *c.Prometheus.Timeout > 0, "prometheus.timeout: give seconds, or leave it out for 30"},
	}...)
	for _, r := range rules {
		if !r.holds {
			return r.says
		}
	}
	return ""
}

type rule struct {
	holds bool
	says  string
}

func (c Config) rulesOfQueries() []rule {
	if c.Source == "" {
		return c.rulesOfOwn()
	}
	s, known := sources[c.Source]
	named := open(c.Source)
	return []rule{
		{known || named, fmt.Sprintf("source: %q is not known: there are %s; or give requests and bad", c.Source, strings.Join(slices.Sorted(maps.Keys(sources)), ", "))},
		{c.Requests == "" && c.Bad == "", "source: it brings its own queries: leave out requests and bad, or source"},
		{named || s.versions() || c.Canary == nil && c.Stable == nil, "canary: the source " + c.Source + " knows the canary by itself: leave out canary and stable"},
		version("canary", c.Canary, named || !s.versions()),
		version("stable", c.Stable, named || !s.versions()),
		{named || s.versions() || c.Selector != "", "selector: the source " + c.Source + ` needs one, such as: exported_namespace="shop",ingress="web"`},
		{open(c.Selector) || c.Selector == "" || matchers.MatchString(c.Selector), `selector: label matchers are expected, such as: namespace="shop",app="web"`},
		{c.SlowerThan >= 0 && c.SlowerThan < 1e5, "slowerThan: it is a bucket of the histogram in seconds"},
		{c.SlowerThan == 0 || c.BadStatus+c.StatusLabel+c.Counter == "", slowOnly},
		plain("counter", c.Counter), plain("histogram", c.Histogram), plain("statusLabel", c.StatusLabel),
		{!strings.ContainsAny(c.BadStatus, "\"\\\n"), "badStatus: quotes and backslashes have no Place in it"},
	}
}

const slowOnly = "slowerThan: it makes slow requests the bad ones, so that statusLabel, badStatus and counter say nothing: compare failures in a metric of their own"

func (c Config) rulesOfOwn() []rule {
	of := " belongs to a source, and there is none: write it into requests and bad"
	return []rule{
		{c.Requests != "" || c.Bad != "", "source: give one of " + strings.Join(slices.Sorted(maps.Keys(sources)), ", ") + "; or requests and bad"},
		own("requests", c.Requests), own("bad", c.Bad),
		version("canary", c.Canary, false), version("stable", c.Stable, false),
		{c.Selector == "", "selector:" + of},
		{c.SlowerThan == 0, "slowerThan:" + of},
		{c.Counter == "", "counter:" + of},
		{c.Histogram == "", "histogram:" + of},
		{c.StatusLabel == "", "statusLabel:" + of},
		{c.BadStatus == "", "badStatus:" + of},
	}
}

// What may take the Place of $version within quotes, what names a metric or label, and what a list of matchers looks like.
var (
	safe     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
	word     = regexp.MustCompile(`^[A-Za-z_:][A-Za-z0-9_:]*$`)
	matchers = regexp.MustCompile(`^\s*[A-Za-z_]\w*\s*(=|!=|=~|!~)\s*"([^"\\]|\\.)*"(\s*,\s*[A-Za-z_]\w*\s*(=|!=|=~|!~)\s*"([^"\\]|\\.)*")*\s*$`)
)

func version(field string, value *string, without bool) rule {
	switch {
	case without || value != nil && (*value == "" || open(*value)):
		return rule{holds: true}
	case value == nil:
		return rule{says: field + ": it is missing: give the pod template hash of the version (an argument with valueFrom.podTemplateHashValue), or what else tells it from the other"}
	}
	return rule{safe.MatchString(*value), fmt.Sprintf("%s: %q is no hash and no name of a Service", field, *value)}
}

func own(field, query string) rule {
	if open(query) {
		return rule{holds: true}
	}
	for _, part := range []string{"$version", "$interval"} {
		if !strings.Contains(query, part) {
			return rule{says: fmt.Sprintf("%s: the query lacks %s, such as: sum(increase(requests_total{hash=\"$version\"}[$interval]))", field, part)}
		}
	}
	return rule{holds: true}
}

func plain(field, name string) rule {
	return rule{name == "" || open(name) || word.MatchString(name), fmt.Sprintf("%s: %q is no name of a metric or label", field, name)}
}
