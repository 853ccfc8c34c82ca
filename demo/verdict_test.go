package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/demo/show"
)

// runs are those of two versions, and an attempt before.
const runs = `
- metadata: {name: web-aaa-1, labels: {rollouts-pod-template-hash: aaa}, creationTimestamp: "2026-11-21T05:00:09Z"}
  status: {metricResults: [{measurements: [{metadata: {intervals: "9", verdict: Pass}}]}]}
- metadata: {name: web-bbb-1, labels: {rollouts-pod-template-hash: bbb}, creationTimestamp: "2026-11-21T05:00:01Z"}
  status: {metricResults: [{measurements: [{metadata: {intervals: "4", verdict: Fail}}]}]}
- metadata: {name: web-bbb-2, labels: {rollouts-pod-template-hash: bbb}, creationTimestamp: "2026-11-21T05:00:05Z"}
  status:
    metricResults:
    - name: failures
      measurements:
      - phase: Running
        message: not decided yet
        metadata:
          {verdict: Continue, until: "2026-11-21T05:00:11Z", intervals: "3", canaryRequests: "301", canaryBad: "13", stableRequests: "1708",
           stableBad: "0", ratio: "50", low: "1.2", high: "50", e: "32.1", failAt: "100", eGood: "0.2", passAt: "20", needs: "150", needsFor: Fail}
`

func TestJudged(t *testing.T) {
	latest := &show.Judgement{
		Run: "web-bbb-2", Until: "2026-11-21T05:00:11Z", Outcome: "Continue", Message: "not decided yet", Canary: "green", Stable: "blue",
		CanaryCount: show.Count{Requests: 301, Errors: 13}, StableCount: show.Count{Requests: 1708},
		Worse: 32.1, FailAt: 100, Good: 0.2, PassAt: 20, Low: 1.2, Needs: 150, NeedsFor: show.Failed,
	}
	cases := map[string]struct {
		change func(*scene)
		want   *show.Judgement
	}{
		"the latest run of the version that is rolled out": {func(*scene) {}, latest},
		"no run of this version":                           {func(s *scene) { s.runs = s.runs[:1] }, nil},
		"nothing is measured yet":                          {func(s *scene) { s.runs[2].Status.MetricResults = nil }, nil},
		"no interval is over yet": {func(s *scene) {
			s.runs[2].Status.MetricResults[0].Measurements[0].Metadata["intervals"] = "0"
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := canary(t)
			if err := yaml.Unmarshal([]byte(runs), &s.runs); err != nil {
				t.Fatal(err)
			}
			c.change(&s)
			if diff := cmp.Diff(c.want, s.judged()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
