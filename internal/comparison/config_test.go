package comparison_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/kanari-dev/kanari/internal/comparison"
)

const at = `provider.plugin["kanari.dev/compare"]`

func TestCheck(t *testing.T) {
	pods := map[string]any{"source": "pods", "canary": "6b9c", "stable": "7f5d"}
	queries := map[string]any{
		"requests": `sum(increase(r{v="$version"}[$interval]))`, "bad": `sum(increase(b{v="$version"}[$interval]))`, "canary": "a", "stable": "b",
	}
	nginx := map[string]any{"source": "nginx", "selector": `exported_namespace="shop", ingress=~"web|api"`}
	for name, test := range map[string]struct {
		base, with map[string]any
		err        string
	}{
		"a source":                       {base: pods},
		"queries of one's own":           {base: queries},
		"nginx":                          {base: nginx},
		"numbers as text":                {base: pods, with: map[string]any{"weight": " 20 ", "past": "10", "slowerThan": "0.5"}},
		"a Rollout that rests":           {base: pods, with: map[string]any{"canary": "7f5d"}},
		"a Rollout that was never there": {base: pods, with: map[string]any{"stable": ""}},
		"null is absent":                 {base: pods, with: map[string]any{"weight": nil, "judge": nil}},
		"everything": {base: pods, with: map[string]any{
			"selector": `namespace="shop"`, "statusLabel": "code", "badStatus": "5..|429", "counter": "my:requests_total", "interval": "30s", "delay": "5s",
			"weight": 20, "past": 0, "judge": map[string]any{"deadline": "30m", "warmUp": "2m", "limit": 0.05, "metrics": 2},
			"prometheus": map[string]any{"address": "http://prometheus", "timeout": 5, "insecure": true, "authentication": map[string]any{
				"oauth2": map[string]any{"tokenUrl": "http://tokens", "clientId": "c", "clientSecret": "s", "scopes": []any{"read"}},
			}},
		}},
		"arguments that are still open": {base: pods, with: map[string]any{
			"canary": "{{args.canary}}", "stable": "{{ args.stable }}", "weight": "{{args.weight}}", "interval": "{{args.interval}}", "past": "{{args.past}}", "histogram": "h", "slowerThan": "{{args.slow}}",
			"selector": "{{args.selector}}", "judge": map[string]any{"tolerated": 1.5, "minEffect": "{{args.effect}}"},
		}},
		"a source that is an argument": {with: map[string]any{"source": "{{args.source}}"}},

		"nothing":                       {err: `source: give one of istio, istio-services, nginx, pods, traefik; or requests and bad`},
		"a field that is not there":     {base: pods, with: map[string]any{"canry": "x"}, err: `: the field "canry" is not known: there are bad, badStatus, canary,`},
		"a field of judge":              {base: pods, with: map[string]any{"judge": map[string]any{"alfa": 1}}, err: `.judge: the field "alfa" is not known: there are alpha, beta, deadline,`},
		"a field of prometheus":         {base: pods, with: map[string]any{"prometheus": map[string]any{"query": "up"}}, err: `.prometheus: the field "query" is not known: there are address, authentication,`},
		"a field of a header":           {base: pods, with: map[string]any{"prometheus": map[string]any{"headers": []any{map[string]any{"name": "x"}}}}, err: `.prometheus.headers: unknown field "name": a list is expected`},
		"no object":                     {base: pods, with: map[string]any{"judge": 5}, err: `.judge: an object with fields is expected, and 5 is given`},
		"text for a switch":             {base: pods, with: map[string]any{"prometheus": map[string]any{"insecure": "yes"}}, err: `.prometheus.insecure: not of this form: true or false is expected, and "yes" is given`},
		"a number for text":             {base: pods, with: map[string]any{"canary": 5}, err: `.canary: not of this form: text is expected, and 5 is given`},
		"a length without a unit":       {base: pods, with: map[string]any{"interval": 60}, err: `.interval: 60 is no length of time such as "90s" or "1h"`},
		"a deadline that is no length":  {base: pods, with: map[string]any{"judge": map[string]any{"deadline": "soon"}}, err: `.judge.deadline: "soon" is no length of time`},
		"a weight that is no number":    {base: pods, with: map[string]any{"weight": "much"}, err: `.weight: "much" is no number`},
		"a past that is not whole":      {base: pods, with: map[string]any{"past": 1.5}, err: `.past: 1.5 is no whole number`},
		"a source that nobody knows":    {base: pods, with: map[string]any{"source": "linkerd"}, err: `.source: "linkerd" is not known: there are istio, istio-services, nginx, pods, traefik; or give requests and bad`},
		"a source and queries":          {base: queries, with: map[string]any{"source": "pods"}, err: `.source: it brings its own queries`},
		"no canary":                     {base: pods, with: map[string]any{"canary": nil}, err: `.canary: it is missing: give the pod template hash`},
		"no stable":                     {base: pods, with: map[string]any{"stable": nil}, err: `.stable: it is missing`},
		"a canary out of its quotes":    {base: pods, with: map[string]any{"canary": `x"} or vector(1) #`}, err: `is no hash and no name of a Service`},
		"nginx with a hash":             {base: nginx, with: map[string]any{"canary": "6b9c"}, err: `.canary: the source nginx knows the canary by itself`},
		"nginx without a selector":      {base: nginx, with: map[string]any{"selector": ""}, err: `.selector: the source nginx needs one`},
		"a selector in braces":          {base: pods, with: map[string]any{"selector": `{a="b"}`}, err: `.selector: label matchers are expected, such as: namespace="shop",app="web"`},
		"a bad status with a quote":     {base: pods, with: map[string]any{"badStatus": `5"`}, err: `.badStatus: quotes and backslashes have no Place in it`},
		"a counter that is no name":     {base: pods, with: map[string]any{"counter": "a-b"}, err: `.counter: "a-b" is no name of a metric or label`},
		"a label that is no name":       {base: pods, with: map[string]any{"statusLabel": "a b"}, err: `.statusLabel: "a b" is no name`},
		"a histogram for failures":      {base: pods, with: map[string]any{"histogram": "h"}, err: `.histogram: it is asked only with slowerThan`},
		"slow and failed":               {base: pods, with: map[string]any{"slowerThan": 1, "badStatus": "5.."}, err: `.slowerThan: it makes slow requests the bad ones`},
		"slower than less than nothing": {base: pods, with: map[string]any{"slowerThan": -1}, err: `.slowerThan: it is a bucket of the histogram in seconds`},
		"a query for all versions":      {base: queries, with: map[string]any{"bad": "sum(increase(b[$interval]))"}, err: `.bad: the query lacks $version`},
		"a query for all times":         {base: queries, with: map[string]any{"requests": `sum(r{v="$version"})`}, err: `.requests: the query lacks $interval`},
		"half of the queries":           {base: queries, with: map[string]any{"bad": ""}, err: `.bad: the query lacks $version`},
		"a selector without a source":   {base: queries, with: map[string]any{"selector": `a="b"`}, err: `.selector: belongs to a source, and there is none`},
		"slow without a source":         {base: queries, with: map[string]any{"slowerThan": 1}, err: `.slowerThan: belongs to a source`},
		"no canary in queries":          {base: queries, with: map[string]any{"canary": nil}, err: `.canary: it is missing`},
		"no time between":               {base: pods, with: map[string]any{"interval": "0s"}, err: `.interval: at least 1s is needed`},
		"before the end":                {base: pods, with: map[string]any{"delay": "-1s"}, err: `.delay: it must not be negative`},
		"a weight of too much":          {base: pods, with: map[string]any{"weight": 101}, err: `.weight: it is the canary's share in percent, 0 to 100`},
		"a past without end":            {base: pods, with: map[string]any{"past": 1001}, err: `.past: it is a number of intervals, 0 to 1000`},
		"no time to answer":             {base: pods, with: map[string]any{"prometheus": map[string]any{"timeout": 0}}, err: `.prometheus.timeout: give seconds, or leave it out for 30`},
		"a judge without sense":         {base: pods, with: map[string]any{"judge": map[string]any{"worse": 0.5}}, err: `.judge: worse must be more than tolerated`},
		"a deadline that is too soon":   {base: pods, with: map[string]any{"judge": map[string]any{"deadline": "2m"}}, err: `.judge.deadline: 2m0s is over before the canary could fail: warmUp and minIntervals need 3m0s`},
	} {
		t.Run(name, func(t *testing.T) {
			config := maps.Clone(test.base)
			if config == nil {
				config = map[string]any{}
			}
			maps.Copy(config, test.with)
			raw, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			err = comparison.Check(raw)
			if test.err == "" && err != nil {
				t.Fatalf("error %v", err)
			}
			if test.err != "" && (err == nil || !strings.HasPrefix(err.Error(), at) || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestWhatIsNoObject(t *testing.T) {
	for raw, want := range map[string]string{`[1]`: "an object with fields is expected, and [1] is given", `"a password, perhaps a long one"`: "and something else is given"} {
		if err := comparison.Check(json.RawMessage(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", raw, err, want)
		}
	}
}
