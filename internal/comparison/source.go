package comparison

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// source is where ready-made queries get their counts: a counter, a histogram, and the label matchers that select one version.
type source struct {
	counter, histogram string
	canary, stable     string
	status             string
	// unit is how many of the histogram's units make a second.
	unit float64
}

// versions tells whether the matchers need to be told the versions.
func (s source) versions() bool { return strings.Contains(s.canary, "$version") }

const (
	byPod     = `rollouts_pod_template_hash="$version"`
	byService = `reporter="source",destination_service_namespace="$namespace",destination_service_name="$version"`
	byChild   = `service=~"$namespace-$version-[0-9]+@kubernetescrd"`
)

// sources by name.
var sources = map[string]source{
	// The application's own metrics, scraped from pods whose labels are mapped into the series.
	"pods": {
		counter: "http_requests_total", histogram: "http_request_duration_seconds", canary: byPod, stable: byPod, status: "status", unit: 1,
	},
	// What the answering pod's sidecar saw, scraped in the same way: Istio's own labels do not tell the versions of a Rollout apart.
	"istio": {
		counter: "istio_requests_total", histogram: "istio_request_duration_milliseconds",
		canary: `reporter="destination",` + byPod, stable: `reporter="destination",` + byPod, status: "response_code", unit: 1000,
	},
	// What the callers' proxies saw, gateways among them. Only they know which of several Services with the same pods was called.
	"istio-services": {
		counter: "istio_requests_total", histogram: "istio_request_duration_milliseconds",
		canary: byService, stable: byService, status: "response_code", unit: 1000,
	},
	// A canary Ingress answers under the name of the main one; the label canary holds the upstream that took over, if one did.
	"nginx": {
		counter: "nginx_ingress_controller_requests", histogram: "nginx_ingress_controller_request_duration_seconds",
		canary: `canary!~"|-"`, stable: `canary=~"|-"`, status: "status", unit: 1,
	},
	// The children of a TraefikService, which are named after namespace, Service and the number of the port.
	"traefik": {
		counter: "traefik_service_requests_total", histogram: "traefik_service_request_duration_seconds",
		canary: byChild, stable: byChild, status: "code", unit: 1,
	},
}

// Query is one question, as it is sent and as people see it: the series that it counts.
type Query struct{ Sent, Shown string }

// Queries count the requests of one version. Bad counts the bad ones; where there is none Quick counts the good ones instead. Known counts
// the series that were there before the interval; queries that users write have none.
type Queries struct{ Requests, Bad, Quick, Known Query }

// Pair is the queries of both versions.
type Pair struct{ Canary, Stable Queries }

func (c Config) Queries(namespace string) Pair {
	s := sources[c.Source]
	filled := func(matchers string, version *string) Queries {
		if version == nil {
			version = new("") // the source knows the versions by itself
		}
		return c.of(matchers).filled(*version, namespace, c.Interval)
	}
	return Pair{Canary: filled(s.canary, c.Canary), Stable: filled(s.stable, c.Stable)}
}

// of is the queries of the version that the matchers select.
func (c Config) of(version string) Queries {
	if c.Source == "" {
		return Queries{Requests: Query{c.Requests, c.Requests}, Bad: Query{c.Bad, c.Bad}}
	}
	s := sources[c.Source]
	all := version
	if selector := strings.TrimSpace(c.Selector); selector != "" {
		all += "," + selector
	}
	if c.SlowerThan > 0 {
		histogram := cmp.Or(c.Histogram, s.histogram)
		return Queries{
			Requests: counted(histogram+"_count", all),
			Known:    known(histogram+"_count", all),
			Quick:    counted(histogram+"_bucket", all+`,le=~"`+bucket(c.SlowerThan*s.unit)+`"`),
		}
	}
	counter, label := cmp.Or(c.Counter, s.counter), cmp.Or(c.StatusLabel, s.status)
	return Queries{
		// Without the label there would never be a bad request: such series do not count at all, so that nobody passes on them.
		Requests: counted(counter, fmt.Sprintf(`%s,%s!=""`, all, label)),
		Known:    known(counter, fmt.Sprintf(`%s,%s!=""`, all, label)),
		Bad:      counted(counter, fmt.Sprintf(`%s,%s=~"%s"`, all, label, cmp.Or(c.BadStatus, "5.."))),
	}
}

// counted is how often series counted in the interval: exactly, and once. A series that goes on counts by the difference to its value
// before the interval, without the stretching of increase(). A new series counts from 0: its first request often is a bad one, which
// increase() leaves out. The value before is sought for an hour, lest a scrape that fails makes an old series a new one. A
// process that began anew under the same labels counts by increase().
func counted(counter, matchers string) Query {
	const form = "sum((last_over_time(SERIES[$interval]) unless last_over_time(SERIES[1h] offset $interval))" +
		" or (last_over_time(SERIES[$interval]) - last_over_time(SERIES[1h] offset $interval) >= 0) or increase(SERIES[$interval]))"
	series := counter + "{" + matchers + "}"
	return Query{Sent: strings.ReplaceAll(form, "SERIES", series), Shown: series}
}

// known is how many series were there before the interval.
func known(counter, matchers string) Query {
	series := counter + "{" + matchers + "}"
	return Query{Sent: "count(last_over_time(" + series + "[1h] offset $interval))", Shown: series}
}

// bucket is a regular expression for the ways in which the upper bound of a bucket is written: 1, 1.0 and 1e+06.
func bucket(bound float64) string {
	bound, _ = strconv.ParseFloat(strconv.FormatFloat(bound, 'g', 12, 64), 64) // what a conversion of the unit left behind
	plain := strconv.FormatFloat(bound, 'f', -1, 64)
	ways := []string{plain, strconv.FormatFloat(bound, 'g', -1, 64)}
	if !strings.Contains(plain, ".") {
		ways = append(ways, plain+".0")
	}
	slices.Sort(ways)
	return strings.NewReplacer(".", "[.]", "+", "[+]").Replace(strings.Join(slices.Compact(ways), "|"))
}

func (q Queries) filled(version, namespace string, interval time.Duration) Queries {
	values := strings.NewReplacer("$version", version, "$namespace", namespace, "$interval", promDuration(interval))
	fill := func(q Query) Query { return Query{Sent: values.Replace(q.Sent), Shown: values.Replace(q.Shown)} }
	return Queries{Requests: fill(q.Requests), Bad: fill(q.Bad), Quick: fill(q.Quick), Known: fill(q.Known)}
}

// promDuration is a length of time as PromQL writes it: whole milliseconds.
func promDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}

// About is what was asked, as it is stored with the metric.
func (p Pair) About() map[string]string {
	about := map[string]string{}
	for version, q := range map[string]Queries{"canary": p.Canary, "stable": p.Stable} {
		for what, query := range map[string]Query{"Requests": q.Requests, "Bad": q.Bad, "Quick": q.Quick} {
			if query.Shown != "" {
				about[version+what] = query.Shown
			}
		}
	}
	return about
}
