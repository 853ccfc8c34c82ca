package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// judging is a template with one metric.
func (s *Scene) judging(name, metric string) {
	s.Helper()
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: %s}
spec:
  metrics: [%s]
`, name, metric))
}

// step runs a template.
func step(template string) string {
	return fmt.Sprintf("{analysis: {templates: [{templateName: %s}]}}", template)
}

func TestAGoodVersionGoesOnByItself(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.judging("rate", rate(NewBackend(t), "count: 3,"))
	s.Open(Shop{Name: "web", Replicas: 3, Steps: "[{setWeight: 20}, " + step("rate") + ", {setWeight: 60}]"})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	before := s.Trace().Version()
	s.SetImage("web", "kanari.dev/demo:green")
	now := s.Await("version 2 to be the stable one", func(now *State) bool {
		return now.rollout("web").Status.StableRS == hashOf(now, 2) && now.phase("web") == v1alpha1.RolloutPhaseHealthy
	})
	run := now.run("web-" + hashOf(now, 2) + "-2-1")
	if run == nil || run.Status.Phase != v1alpha1.AnalysisPhaseSuccessful || !metav1.IsControlledBy(run, now.rollout("web")) {
		t.Fatalf("the run under the expected name is %+v", run)
	}
	want := map[string]string{
		v1alpha1.DefaultRolloutUniqueLabelKey: hashOf(now, 2), v1alpha1.RolloutTypeLabel: "Step", v1alpha1.StepIndexLabel: "1", "app": "web",
	}
	if diff := cmp.Diff(want, run.Labels); diff != "" {
		t.Errorf("labels of the run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{0, 20, 60, 0}, s.Trace().Weights("web", before)); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
	s.Safe()
}

func hashOf(now *State, revision int) string {
	rs := now.revision("web", revision)
	if rs == nil {
		return "none"
	}
	return rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
}

func TestABadVersionIsTakenBackByItself(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	backend := NewBackend(t)
	s.judging("rate", rate(backend, "failureLimit: 1,"))
	s.Open(Shop{
		Name: "web", Replicas: 3, Steps: "[{setWeight: 20}, {pause: {}}, {setWeight: 60}]",
		More: []string{"analysis: {templates: [{templateName: rate}], startingStep: 1}", "abortScaleDownDelaySeconds: 1"},
	})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)
	paused := s.Trace().Version()
	backend.Rate(0.5)
	now := s.Await("the canary to be gone", func(now *State) bool {
		return now.sentence("web") == "0/3 Degraded 0% r1:3/3 stable=r1 canary=r1"
	})
	want := `RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: Metric "rate" assessed Failed due to failed (2) > failureLimit (1)`
	if got := now.rollout("web").Status.Message; got != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
	writes := slices.DeleteFunc(s.Trace().Writes(paused), func(w string) bool { return w == "Rollout web" })
	if len(writes) == 0 || writes[0] != "VirtualService web" {
		t.Errorf("the requests do not go first: %v", writes)
	}
	s.Await("somebody to be told", func(now *State) bool {
		reasons := []string{}
		for _, e := range now.events("web") {
			reasons = append(reasons, e.Type+" "+e.Reason)
		}
		return slices.Contains(reasons, "Warning AnalysisRunFailed") && slices.Contains(reasons, "Warning RolloutAborted")
	})
	s.Safe()

	backend.Rate(1)
	s.Retry("web")
	s.Await("another run for the second attempt", func(now *State) bool {
		run := now.run("web-" + hashOf(now, 2) + "-2.1")
		return run != nil && run.Status.Phase == v1alpha1.AnalysisPhaseRunning
	})
}

func TestJobsJudgeARollout(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.judging("fine", smoke("fine", "exit 0"))
	s.judging("broken", smoke("broken", "exit 1"))
	s.Open(Shop{Name: "web", Replicas: 2, Steps: "[" + step("fine") + ", {setWeight: 50}, " + step("broken") + ", {setWeight: 100}]"})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	before := s.Trace().Version()
	s.SetImage("web", "kanari.dev/demo:green")
	now := s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
	if got := now.rollout("web").Status.Message; !strings.Contains(got, `Step-based analysis phase error/failed: Metric "broken" assessed Failed`) {
		t.Errorf("the message is %q", got)
	}
	s.Await("all requests at the stable version", func(now *State) bool { return now.weight("web") == 0 })
	if diff := cmp.Diff([]int64{0, 50, 0}, s.Trace().Weights("web", before)); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
}

func TestDoubtAsksAPerson(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	backend := NewBackend(t)
	backend.Rate(0.7)
	s.judging("rate", rate(backend, "failureCondition: result < 0.5, count: 2,"))
	s.Open(Shop{Name: "web", Replicas: 2, Steps: "[{setWeight: 50}, " + step("rate") + "]"})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	now := s.AwaitPhase("web", v1alpha1.RolloutPhasePaused)
	if got := now.rollout("web").Status.Message; got != "InconclusiveAnalysisRun" {
		t.Errorf("the message is %q", got)
	}
	backend.Rate(1)
	s.Promote("web") // the pause is taken away, and it is measured anew
	s.Await("version 2 to be the stable one", func(now *State) bool {
		return now.rollout("web").Status.StableRS == hashOf(now, 2) && now.phase("web") == v1alpha1.RolloutPhaseHealthy
	})
}

// TestTemplatesThatCannotBeFollowed: each is said within a turn, by a condition that names the field, and the canary never moves.
func TestTemplatesThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	backend := NewBackend(t)
	s.judging("rate", rate(backend, "count: 1,"))
	s.judging("wanting", strings.Replace(rate(backend, "count: 1,"), backend.URL, "{{args.url}}", 1))
	s.judging("broken", strings.Replace(rate(backend, "count: 1,"), "result >= 0.9", "result >=", 1))
	s.Open(Shop{Name: "web", Replicas: 2, Steps: "[{setWeight: 50}, " + step("rate") + "]"})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	before := s.Trace().Version()
	for _, test := range []struct{ analysis, want string }{
		{"{templates: [{templateName: nowhere}]}", `spec.strategy.canary.steps[1].analysis: Invalid value: "nowhere": AnalysisTemplate 'nowhere' not found`},
		{"{templates: [{templateName: nowhere, clusterScope: true}]}", `ClusterAnalysisTemplate 'nowhere' not found`},
		{"{templates: [{templateName: wanting}]}", `steps[1].analysis: Invalid value: "wanting": AnalysisTemplate wanting: metric rate: failed to resolve {{args.url}}`},
		{"{templates: [{templateName: rate}], dryRun: [{metricName: latency}]}", `dryRun[0]: Rule didn't match any metric name(s)`},
		{"{templates: [{templateName: broken}]}", `spec.metrics[0].successCondition: unexpected token EOF (1:9)`},
	} {
		s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{
			"template": map[string]any{"metadata": map[string]any{"annotations": map[string]any{"try": test.want}}},
			"strategy": map[string]any{"canary": map[string]any{"steps": []any{map[string]any{"setWeight": 50}, map[string]any{"analysis": s.yaml(test.analysis)}}}},
		}})
		now := s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
		if got := now.rollout("web").Status.Message; !strings.HasPrefix(got, "InvalidSpec: ") || !strings.Contains(got, test.want) {
			t.Errorf("%s: the message is %q, want %q", test.analysis, got, test.want)
		}
	}
	if weights := s.Trace().Weights("web", before); !slices.Equal(weights, []int64{0}) {
		t.Errorf("the canary moved: %v", weights)
	}
}

// TestHowFastABadVersionIsTakenBack prints the time from the answer that decides to the moment at which the API server has all requests at
// the stable version, for fifty canaries in turns of ten at once.
func TestHowFastABadVersionIsTakenBack(t *testing.T) {
	const shops, rounds = 10, 5
	s := NewScene(t, lab)
	judge := &witness{decided: map[string]time.Time{}}
	backend := NewBackend(t)
	backend.Serve(judge.answer)
	for i := range shops {
		name := fmt.Sprintf("shop-%d", i)
		s.judging(name, strings.Replace(rate(backend, ""), backend.URL, backend.URL+"/"+name, 1))
		s.Open(Shop{
			Name: name, Replicas: 1, Steps: "[{setWeight: 20}, {pause: {}}]",
			More: []string{"analysis: {templates: [{templateName: " + name + "}], startingStep: 1}", "abortScaleDownDelaySeconds: 300"},
		})
	}
	all := func(what string, holds func(*State, string) bool) {
		s.Await(what, func(now *State) bool {
			for i := range shops {
				if !holds(now, fmt.Sprintf("shop-%d", i)) {
					return false
				}
			}
			return true
		})
	}
	all("all shops to be healthy", func(now *State, shop string) bool { return now.phase(shop) == v1alpha1.RolloutPhaseHealthy })
	var took []time.Duration
	for round := range rounds {
		judge.turn(false)
		for i := range shops {
			if name := fmt.Sprintf("shop-%d", i); round == 0 {
				s.SetImage(name, "kanari.dev/demo:green")
			} else {
				s.Retry(name)
			}
		}
		all("all canaries to be measured", func(now *State, shop string) bool {
			ro := now.rollout(shop)
			kept := ro.Status.Canary.CurrentBackgroundAnalysisRunStatus
			return !ro.Status.Abort && now.phase(shop) == v1alpha1.RolloutPhasePaused && kept != nil && kept.Status == v1alpha1.AnalysisPhaseRunning
		})
		since := s.Trace().Version()
		judge.turn(true)
		all("all canaries to get nothing", func(now *State, shop string) bool { return now.rollout(shop).Status.Abort && now.weight(shop) == 0 })
		trace := s.Trace()
		for i := range shops {
			shop := fmt.Sprintf("shop-%d", i)
			back := trace.Seen(since, func(now *State) bool { return now.weight(shop) == 0 })
			took = append(took, back.Sub(judge.at(shop)))
		}
	}
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1)+0.5)].Round(time.Millisecond)
	}
	t.Logf("from the answer that decides to all requests at the stable version, %d canaries, %d at once: p50 %s, p90 %s, p99 %s, longest %s",
		len(took), shops, at(0.5), at(0.9), at(0.99), at(1))
}

// witness answers metrics, and remembers when it first gave each a bad answer.
type witness struct {
	mutex   sync.Mutex
	bad     bool
	decided map[string]time.Time
}

// turn begins another round.
func (w *witness) turn(bad bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.bad = bad
	clear(w.decided)
}

func (w *witness) answer(out http.ResponseWriter, r *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	shop := strings.TrimPrefix(r.URL.Path, "/")
	if !w.bad {
		fmt.Fprint(out, `{"rate": 1}`)
		return
	}
	if _, known := w.decided[shop]; !known {
		w.decided[shop] = time.Now()
	}
	fmt.Fprint(out, `{"rate": 0}`)
}

func (w *witness) at(shop string) time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.decided[shop]
}
