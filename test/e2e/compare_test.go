package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// A contest is a Shop whose canary, a fifth of its requests, is compared with its stable version.
type contest struct {
	name string
	// address of the Prometheus that is asked.
	address string
	// judge is its settings in YAML; of the requests of both versions these shares fail.
	judge          string
	stable, canary float64
	// load begins with the canary; without a rate, check sends requests itself.
	load  Plan
	check func(s *Scene, c *contest)

	traffic *Traffic
}

// image of a revision. Errors are set by image for the whole lab, so nobody else has these.
func (c *contest) image(revision int) string {
	return "kanari.dev/demo:" + c.version(revision)
}

// version is the image's name as the load calls it.
func (c *contest) version(revision int) string { return fmt.Sprintf("%s-%d", c.name, revision) }

// TestCompare has kanari.dev/compare ask a real Prometheus about requests that are really sent.
func TestCompare(t *testing.T) {
	t.Parallel()
	shared := SharedPrometheus(t)
	s := NewScene(t, lab)
	brief := Plan{Rate: 200, Duration: 14 * time.Second, Every: 50 * time.Millisecond}
	contests := []*contest{
		{name: "lasting", address: s.OwnPrometheus(), judge: "negligible: 0.03", check: (*Scene).lastingGoesOn},
		{name: "worse", address: shared, canary: 0.05, load: Plan{Rate: 200}, check: (*Scene).worseIsTakenBack},
		{name: "equal", address: shared, judge: "negligible: 0.05", load: Plan{Rate: 200}, check: (*Scene).equalGoesOn},
		// However much is counted, it is never called good: so the counting goes on to the last request.
		{name: "alike", address: shared, judge: "alpha: 0.001, beta: 0.000000001", stable: 0.05, canary: 0.05, load: brief, check: (*Scene).alikeIsCounted},
	}
	for _, c := range contests {
		s.prepare(c)
	}
	for _, c := range contests {
		s.AwaitPhase(c.name, v1alpha1.RolloutPhaseHealthy)
	}
	for _, c := range contests {
		if c.load.Rate > 0 {
			c.send(s)
		}
		s.SetImage(c.name, c.image(2))
	}
	for _, c := range contests { // they run at the same time; the one that takes longest is looked at first
		t.Run(c.name, func(t *testing.T) { c.check(s.Apart(t), c) })
	}
	s.Safe()
}

// send begins with the requests.
func (c *contest) send(s *Scene) {
	s.Helper()
	c.load.Host = c.name + ".example"
	c.traffic = s.Send(c.load)
}

// prepare opens the Shop with the first version, and its template.
func (s *Scene) prepare(c *contest) {
	s.Helper()
	s.Fail(c.image(1), c.stable)
	s.Fail(c.image(2), c.canary)
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: %[1]s}
spec:
  args: [{name: canary-hash}, {name: stable-hash}, {name: weight}]
  metrics:
  - name: failures
    provider:
      plugin:
        kanari.dev/compare:
          prometheus: {address: "%[2]s"}
          source: pods
          canary: "{{args.canary-hash}}"
          stable: "{{args.stable-hash}}"
          selector: namespace="%[3]s"
          weight: "{{args.weight}}"
          interval: 2s
          delay: 2s
          judge: {%[4]s}
`, c.name, c.address, s.Namespace, c.judge))
	// Two weights before the analysis, so that no weight but that of the very step before is right.
	s.Open(Shop{
		Name: c.name, Replicas: 3, Image: c.image(1), Scraped: true,
		Steps: `[{setWeight: 10}, {setWeight: 20}, {analysis: {templates: [{templateName: ` + c.name + `}], args: [
        {name: canary-hash, valueFrom: {podTemplateHashValue: Latest}},
        {name: stable-hash, valueFrom: {podTemplateHashValue: Stable}},
        {name: weight, valueFrom: {fieldRef: {fieldPath: status.canary.weights.canary.weight}}}]}}, {setWeight: 50}, {pause: {}}]`,
	})
}

// comparison is the AnalysisRun of a contest, with its one measurement; nil before there is one.
func (s *State) comparison(c *contest) (*v1alpha1.AnalysisRun, *v1alpha1.Measurement) {
	rs := s.revision(c.name, 2)
	if rs == nil {
		return nil, nil
	}
	run := s.run(fmt.Sprintf("%s-%s-2-2", c.name, rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]))
	if run == nil || len(run.Status.MetricResults) == 0 || len(run.Status.MetricResults[0].Measurements) == 0 {
		return run, nil
	}
	return run, &run.Status.MetricResults[0].Measurements[0]
}

// awaitComparison waits until the measurement of a contest is as it should be.
func (s *Scene) awaitComparison(what string, c *contest, fits func(m *v1alpha1.Measurement) bool) *v1alpha1.Measurement {
	s.Helper()
	now := s.Await(what, func(now *State) bool {
		_, m := now.comparison(c)
		return m != nil && fits(m)
	})
	_, m := now.comparison(c)
	s.Logf("%s: %s: %s", c.name, m.Phase, m.Message)
	return m
}

// figure is one of the numbers in a measurement's metadata.
func (s *Scene) figure(m *v1alpha1.Measurement, name string) float64 {
	s.Helper()
	figure, err := strconv.ParseFloat(m.Metadata[name], 64)
	if err != nil {
		s.Fatalf("the figure %s: %v, in %v", name, err, m.Metadata)
	}
	return figure
}

func (s *Scene) worseIsTakenBack(c *contest) {
	now := s.AwaitPhase(c.name, v1alpha1.RolloutPhaseDegraded)
	if said := now.rollout(c.name).Status.Message; !strings.Contains(said, `Metric "failures" assessed Failed`) {
		s.Errorf("the message is %q", said)
	}
	now = s.Await("all requests at the stable version", func(now *State) bool { return now.weight(c.name) == 0 })
	run, m := now.comparison(c)
	if run.Status.Phase != v1alpha1.AnalysisPhaseFailed || m.Metadata["verdict"] != "Fail" {
		s.Fatalf("the run is %s, the verdict %s: %s", run.Status.Phase, m.Metadata["verdict"], m.Message)
	}
	s.Logf("%s: %s; E %s", c.name, m.Message, m.Metadata["e"])
	for figure, least := range map[string]float64{
		"ratio": 1.1, "low": 1.1, "e": s.figure(m, "failAt"), "canaryRequests": 100, "canaryBad": 5, "stableRequests": 400,
	} {
		if got := s.figure(m, figure); got < least {
			s.Errorf("%s is %v, want at least %v: %s", figure, got, least, m.Value)
		}
	}
	want := map[string]string{"canary-hash": hashOfRevision(now, c, 2), "stable-hash": hashOfRevision(now, c, 1), "weight": "20"}
	got := map[string]string{}
	for _, arg := range run.Spec.Args {
		got[arg.Name] = *arg.Value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("arguments of the run (-want +got):\n%s", diff)
	}
}

func hashOfRevision(now *State, c *contest, revision int) string {
	return now.revision(c.name, revision).Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
}

func (s *Scene) equalGoesOn(c *contest) {
	now := s.AwaitPause(c.name, 4)
	run, m := now.comparison(c)
	if run.Status.Phase != v1alpha1.AnalysisPhaseSuccessful || m.Metadata["verdict"] != "Pass" {
		s.Errorf("the run is %s, the verdict %s: %s", run.Status.Phase, m.Metadata["verdict"], m.Message)
	}
	s.Logf("%s: %s", c.name, m.Message)
}

// alikeIsCounted compares what was counted with what was sent. Scrapes come each second, so the count begins at most so long before the
// comparison does, and never after it: what was sent since then has to be there, the canary's first requests among them.
func (s *Scene) alikeIsCounted(c *contest) {
	over := c.traffic.AwaitEnd()
	m := s.awaitComparison("all requests to be counted", c, func(m *v1alpha1.Measurement) bool {
		if m.Phase != v1alpha1.AnalysisPhaseRunning {
			return true
		}
		late := s.moment(m.Metadata["until"]).Sub(over) // scrapes of a busy machine may fail; what they lack comes with the next
		return late > 20*time.Second || late > 2*time.Second && s.figure(m, "stableRequests") >= float64(c.traffic.Since(c.version(1), s.began(m)).Requests) &&
			s.figure(m, "canaryRequests") >= float64(c.traffic.Since(c.version(2), s.began(m)).Requests)
	})
	if m.Phase != v1alpha1.AnalysisPhaseRunning {
		s.Fatalf("the comparison is over: %s: %s", m.Phase, m.Message)
	}
	began := s.began(m)
	for revision, side := range map[int]string{1: "stable", 2: "canary"} {
		least := c.traffic.Since(c.version(revision), began)
		most := c.traffic.Since(c.version(revision), began.Add(-2*time.Second))
		if side == "stable" {
			twice := s.twice(c)
			most.Requests, most.Errors = most.Requests+twice.Requests, most.Errors+twice.Errors
		}
		requests, bad := s.figure(m, side+"Requests"), s.figure(m, side+"Bad")
		s.Logf("%s: of %d to %d requests, %d to %d of them bad, %v and %v were counted", side, least.Requests, most.Requests, least.Errors, most.Errors, requests, bad)
		if requests < float64(least.Requests) || requests > float64(most.Requests) || bad < float64(least.Errors) || bad > float64(most.Errors) {
			s.Errorf("%s: counted were %v requests, %v of them bad; sent were %+v to %+v", side, requests, bad, least, most)
		}
	}
}

// twice is what the stable pods answered while the canary Service still selected them: they were two targets so long, and for a scrape more.
func (s *Scene) twice(c *contest) Sent {
	s.Helper()
	left := s.Trace().Seen(0, func(now *State) bool {
		return now.revision(c.name, 2) != nil && now.selected(c.name+"-canary") == hashOfRevision(now, c, 2)
	})
	all, after := c.traffic.Since(c.version(1), time.Time{}), c.traffic.Since(c.version(1), left.Add(2*time.Second))
	return Sent{Requests: all.Requests - after.Requests, Errors: all.Errors - after.Errors}
}

// began is when a comparison that goes on did.
func (s *Scene) began(m *v1alpha1.Measurement) time.Time {
	s.Helper()
	var state struct {
		Began string `json:"began"`
	}
	if err := json.Unmarshal([]byte(m.Metadata["state"]), &state); err != nil {
		s.Fatalf("reading what the comparison remembers: %v", err)
	}
	return s.moment(state.Began)
}

func (s *Scene) moment(text string) time.Time {
	s.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		s.Fatal(err)
	}
	return moment
}

// lastingGoesOn takes Prometheus away, and all that it knew, until somebody has noticed. The one that comes back counts both versions from
// their first request, and those pods first that it finds first.
func (s *Scene) lastingGoesOn(c *contest) {
	s.Await("the comparison", func(now *State) bool {
		run, _ := now.comparison(c)
		return run != nil
	})
	c.load = Plan{Rate: 200}
	c.send(s)
	scale := func(replicas int) {
		s.Merge(&appsv1.Deployment{}, "prometheus", map[string]any{"spec": map[string]any{"replicas": replicas}})
	}
	s.awaitComparison("a first count", c, func(m *v1alpha1.Measurement) bool { return s.figure(m, "intervals") >= 1 })
	scale(0)
	m := s.awaitComparison("a question without an answer", c, func(m *v1alpha1.Measurement) bool { return m.Metadata["errors"] != "" })
	scale(1)
	for _, words := range []string{"compare: prometheus at " + c.address + ": ", "; failure 1 of 4 that are borne in a row, asked again at "} {
		if !strings.Contains(m.Message, words) {
			s.Errorf("the message lacks %q: %s", words, m.Message)
		}
	}
	counted := s.figure(m, "intervals")
	s.awaitComparison("the count to go on", c, func(m *v1alpha1.Measurement) bool {
		return m.Metadata["errors"] == "" && s.figure(m, "intervals") > counted
	})
	s.AwaitPause(c.name, 4)
	if diff := cmp.Diff([]int64{0, 10, 20, 50}, s.Trace().Weights(c.name, 0)); diff != "" {
		s.Errorf("weights (-want +got):\n%s", diff)
	}
}
