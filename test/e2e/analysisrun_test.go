package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// rate is a metric that asks a backend each second.
func rate(backend *Backend, more string) string {
	return fmt.Sprintf(`{name: rate, interval: 1s, successCondition: result >= 0.9, %s
    provider: {web: {url: "%s", jsonPath: "{$.rate}"}}}`, more, backend.URL)
}

func TestAnalysisRunOfAGoodService(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Measure(Run{Name: "good", Metrics: []string{rate(NewBackend(t), "count: 3,")}})
	run := s.AwaitRun("good", v1alpha1.AnalysisPhaseSuccessful)

	var values []string
	for _, m := range run.Status.MetricResults[0].Measurements {
		values = append(values, fmt.Sprintf("%s %s", m.Phase, m.Value))
		if m.StartedAt == nil || m.FinishedAt == nil {
			t.Errorf("a measurement lacks a time: %+v", m)
		}
	}
	if diff := cmp.Diff([]string{"Successful 1", "Successful 1", "Successful 1"}, values); diff != "" {
		t.Errorf("measurements (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v1alpha1.RunSummary{Count: 1, Successful: 1}, run.Status.RunSummary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if run.Status.StartedAt == nil || run.Status.CompletedAt == nil {
		t.Errorf("the run lacks a time: %+v", run.Status)
	}
	s.awaitTold("good", "Normal AnalysisRunSuccessful", "Normal MetricSuccessful")
}

// awaitTold waits until these reasons, and no others, were told of an AnalysisRun.
func (s *Scene) awaitTold(run string, reasons ...string) {
	s.Helper()
	s.Await("the events "+strings.Join(reasons, ", "), func(now *State) bool { return slices.Equal(now.told(run), reasons) })
}

func TestAnalysisRunOfAServiceThatTurnsBad(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	backend := NewBackend(t)
	s.Measure(Run{Name: "turning", Metrics: []string{rate(backend, "failureLimit: 1,")}})
	s.Await("two good measurements", func(now *State) bool {
		run := now.run("turning")
		return run != nil && len(run.Status.MetricResults) == 1 && run.Status.MetricResults[0].Successful >= 2
	})
	backend.Rate(0.5)
	run := s.AwaitRun("turning", v1alpha1.AnalysisPhaseFailed)
	if want := `Metric "rate" assessed Failed due to failed (2) > failureLimit (1)`; run.Status.Message != want {
		t.Errorf("the run says %q, want %q", run.Status.Message, want)
	}
	if failed := run.Status.MetricResults[0].Failed; failed != 2 {
		t.Errorf("%d measurements failed, want 2", failed)
	}
	s.awaitTold("turning", "Warning AnalysisRunFailed", "Warning MetricFailed")
}

// smoke is a metric that runs a Job.
func smoke(name, command string) string {
	return fmt.Sprintf(`{name: %s, provider: {job: {spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never,
    containers: [{name: main, image: kanari.dev/demo:blue, command: [sh, -c, "%s"]}]}}}}}}`, name, command)
}

func TestAnalysisRunByJobs(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Measure(Run{Name: "fine", Metrics: []string{smoke("smoke", "exit 0")}})
	s.Measure(Run{Name: "broken", Metrics: []string{smoke("smoke", "exit 1")}})
	s.Measure(Run{Name: "endless", Metrics: []string{smoke("smoke", "sleep 3600")}})

	fine := s.AwaitRun("fine", v1alpha1.AnalysisPhaseSuccessful)
	name := fmt.Sprintf("%s.smoke.1", fine.UID)
	if got := fine.Status.MetricResults[0].Measurements[0].Metadata["job-name"]; got != name {
		t.Errorf("the measurement names Job %q, want %q", got, name)
	}
	if jobs := s.state.jobs("fine"); len(jobs) != 1 || !metav1.IsControlledBy(jobs[0], fine) || jobs[0].Name != name {
		t.Errorf("the run owns %v, want Job %s", jobs, name)
	}

	broken := s.AwaitRun("broken", v1alpha1.AnalysisPhaseFailed)
	if said := broken.Status.Message; !strings.Contains(said, "failed (1) > failureLimit (0)") || !strings.Contains(said, "BackoffLimitExceeded") {
		t.Errorf("the run says %q, want the limit and why the Job failed", said)
	}

	s.Await("a Job under way", func(now *State) bool {
		run := now.run("endless")
		return len(run.Status.MetricResults) == 1 && run.Status.MetricResults[0].Measurements[0].ResumeAt != nil && len(now.jobs("endless")) == 1
	})
	s.Merge(&v1alpha1.AnalysisRun{}, "endless", map[string]any{"spec": map[string]any{"terminate": true}})
	ended := s.AwaitRun("endless", v1alpha1.AnalysisPhaseSuccessful)
	if said := ended.Status.Message; said != "Run Terminated" {
		t.Errorf("the run says %q, want Run Terminated", said)
	}
	s.Await("the Job to be gone", func(now *State) bool { return len(now.jobs("endless")) == 0 })
}

func TestAnalysisRunKeepsTheJobsOfWhatItKeeps(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Measure(Run{
		Name: "tidy", Metrics: []string{smoke("smoke, interval: 1s, count: 3", "exit 0")},
		More: []string{"measurementRetention: [{metricName: smoke, limit: 1}]"},
	})
	run := s.AwaitRun("tidy", v1alpha1.AnalysisPhaseSuccessful)
	if result := run.Status.MetricResults[0]; result.Count != 3 || len(result.Measurements) != 1 {
		t.Errorf("it counts %d measurements and keeps %d, want 3 and 1", result.Count, len(result.Measurements))
	}
	last := fmt.Sprintf("%s.smoke.3", run.UID)
	s.Await("the last Job alone", func(now *State) bool {
		jobs := now.jobs("tidy")
		return len(jobs) == 1 && jobs[0].Name == last
	})
}

func TestAnalysisRunThatHangsDelaysNobody(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	hanging, fast := NewBackend(t), NewBackend(t)
	hanging.Hang()
	patient := fmt.Sprintf(`{name: patient, provider: {web: {url: "%s", timeoutSeconds: 600}}}`, hanging.URL)
	s.Measure(Run{Name: "hanging", Metrics: []string{patient, rate(fast, "")}})
	s.Measure(Run{Name: "fast", Metrics: []string{rate(fast, "count: 2,")}})
	s.AwaitRun("fast", v1alpha1.AnalysisPhaseSuccessful)
	s.Await("the other metric of the run that hangs to go on", func(now *State) bool {
		results := now.run("hanging").Status.MetricResults
		return len(results) == 1 && results[0].Name == "rate" && results[0].Successful >= 2
	})

	s.Merge(&v1alpha1.AnalysisRun{}, "hanging", map[string]any{"spec": map[string]any{"terminate": true}})
	s.AwaitRun("hanging", v1alpha1.AnalysisPhaseSuccessful)
	await(t, "the question to be given up", hanging.given)
}

func TestAnalysisRunKeepsSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hush-4711-hush"
	s := NewScene(t, lab)
	start(t, "discreet", "--leader-elect=false", "--instance-id=discreet", "--namespace="+s.Namespace, "--log-level=debug", "--events=all")
	s.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "backend"}, StringData: map[string]string{"token": secret}})
	backend := NewBackend(t)
	fromSecret := func(name string) []string {
		return []string{"args: [{name: token, valueFrom: {secretKeyRef: {name: " + name + ", key: token}}}]"}
	}
	metric := fmt.Sprintf(`{name: rate, consecutiveErrorLimit: 0, successCondition: result == 1,
    provider: {web: {url: "%s/?token={{args.token}}", jsonPath: "{$.rate}", headers: [{key: Authorization, value: "Bearer {{args.token}}"}]}}}`, backend.URL)

	backend.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+secret && r.URL.Query().Get("token") == secret {
			fmt.Fprint(w, `{"rate": 1}`)
			return
		}
		http.Error(w, "who are you?", http.StatusUnauthorized)
	})
	s.Measure(Run{Name: "trusted", Instance: "discreet", More: fromSecret("backend"), Metrics: []string{metric}})
	s.AwaitRun("trusted", v1alpha1.AnalysisPhaseSuccessful)

	backend.Serve(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("%s is not welcome (%s)", r.Header.Get("Authorization"), r.URL), http.StatusInternalServerError)
	})
	s.Measure(Run{Name: "echoed", Instance: "discreet", More: fromSecret("backend"), Metrics: []string{metric}})
	echoed := s.AwaitRun("echoed", v1alpha1.AnalysisPhaseError)
	if said := echoed.Status.Message; !strings.Contains(said, "500") || !strings.Contains(said, "*****") {
		t.Errorf("the run says %q, want what the backend said, without the secret", said)
	}

	s.Measure(Run{Name: "lost", Instance: "discreet", More: fromSecret("absent"), Metrics: []string{metric}})
	lost := s.AwaitRun("lost", v1alpha1.AnalysisPhaseError)
	if want := "Unable to resolve metric arguments: key 'token' does not exist in secret 'absent'"; lost.Status.Message != want {
		t.Errorf("the run says %q, want %q", lost.Status.Message, want)
	}
	s.awaitTold("echoed", "Warning AnalysisRunError", "Warning MetricError")
	known := s.Leaks("echoed", lab.LogOf("discreet"))
	if !slices.ContainsFunc(known, isLog) || slices.IndexFunc(known, isLog) == 0 {
		t.Errorf("what is known to be in the record and in the log was found in %q only", known)
	}
	for _, leak := range s.Leaks(secret, lab.LogOf("discreet")) {
		t.Errorf("the secret is told by %s", leak)
	}
}

func isLog(leak string) bool { return strings.HasPrefix(leak, "log: ") }

func TestAnalysisRunOutlivesItsController(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	flags := []string{"--leader-elect=false", "--instance-id=reborn", "--namespace=" + s.Namespace}
	controller := start(t, "reborn", flags...)
	s.Measure(Run{Name: "long", Instance: "reborn", Metrics: []string{smoke("smoke", "sleep 4")}})
	s.Await("a Job", func(now *State) bool { return len(now.jobs("long")) == 1 }) // whether or not the status tells of it
	controller.Kill()
	controller = start(t, "reborn", flags...)
	s.Await("the Job in the status", func(now *State) bool {
		results := now.run("long").Status.MetricResults
		return len(results) == 1 && results[0].Measurements[0].ResumeAt != nil
	})
	controller.Kill()
	start(t, "reborn", flags...)

	run := s.AwaitRun("long", v1alpha1.AnalysisPhaseSuccessful)
	if got := len(run.Status.MetricResults[0].Measurements); got != 1 {
		t.Errorf("%d measurements, want 1", got)
	}
	made := map[string]bool{}
	for _, entry := range s.Trace() {
		if entry.Object.GetKind() == "Job" {
			made[entry.Object.GetName()+" "+string(entry.Object.GetUID())] = true
		}
	}
	if len(made) != 1 {
		t.Errorf("two deaths made Jobs %v, want one", made)
	}
}

// A leader that ends gives up its questions; the next one, which has had warm caches all along, asks them again.
func TestAnalysisRunChangesHands(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	flags := []string{"--instance-id=" + s.Namespace, "--namespace=" + s.Namespace, "--leader-election-namespace=kanari-system"}
	leader := start(t, "asking", flags...)
	backend := NewBackend(t)
	backend.Hang()
	s.Measure(Run{Name: "passed-on", Instance: s.Namespace, Metrics: []string{rate(backend, "count: 1,")}})
	await(t, "the question", backend.came)
	address := freeAddress(t)
	start(t, "waiting", append(flags, "--health-address="+address)...)
	awaitReady(t, "http://"+address+"/readyz")

	if err := leader.Stop(); err != nil {
		t.Fatalf("the leader ended badly: %v", err)
	}
	await(t, "the question to be given up", backend.given)
	await(t, "the question of the next leader", backend.came)
	s.CatchUp()
	if results := s.state.run("passed-on").Status.MetricResults; len(results) > 0 {
		t.Errorf("the leader's end became a measurement: %+v", results)
	}
}

func TestAnalysisRunGoesWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Measure(Run{Name: "brief", Metrics: []string{rate(NewBackend(t), "count: 1,")}, More: []string{"ttlStrategy: {secondsAfterCompletion: 1}"}})
	s.AwaitRun("brief", v1alpha1.AnalysisPhaseSuccessful)
	s.Await("the run to be gone", func(now *State) bool { return now.run("brief") == nil })
}

// A controller with rights in one namespace can neither read ClusterAnalysisTemplates nor wait for them.
func TestAnalysisRunInTheOnlyNamespace(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	confined, err := lab.StartConfined(t.Context(), s.Namespace, "confined", "--leader-elect=false", "--instance-id=confined")
	if err != nil {
		t.Fatal(err)
	}
	endWith(t, "confined", confined)
	s.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "backend"}, StringData: map[string]string{"path": "rates"}})
	metric := fmt.Sprintf(`{name: rate, successCondition: result == 1, provider: {web: {url: "%s/{{args.path}}", jsonPath: "{$.rate}"}}}`, NewBackend(t).URL)
	s.Measure(Run{
		Name: "near", Instance: "confined", Metrics: []string{metric, smoke("smoke", "exit 0")},
		More: []string{"args: [{name: path, valueFrom: {secretKeyRef: {name: backend, key: path}}}]"},
	})
	s.AwaitRun("near", v1alpha1.AnalysisPhaseSuccessful)
}

// What people see of a controller that starts in a cluster with a history: nothing.
func TestAnalysisRunsThatEndedCostNothing(t *testing.T) {
	t.Parallel()
	const ended = 1000
	s := NewScene(t, lab)
	s.bury(ended, "tidy")
	controller := start(t, "tidy", "--leader-elect=false", "--instance-id=tidy", "--namespace="+s.Namespace, "--log-level=debug")
	backend, began := NewBackend(t), time.Now()
	for number := 0; s.turns("tidy") < ended; number++ {
		name := fmt.Sprintf("newest-%d", number)
		s.Measure(Run{Name: name, Instance: "tidy", Metrics: []string{rate(backend, "count: 1,")}})
		s.AwaitRun(name, v1alpha1.AnalysisPhaseSuccessful)
		t.Logf("%s was over after %s", name, time.Since(began).Round(time.Millisecond))
		if time.Since(began) > patience {
			t.Fatalf("after %s it has looked at %d runs only", patience, s.turns("tidy"))
		}
	}

	requests, err := lab.Requests(controller.User)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		if strings.HasPrefix(r.Object.Name, "ended-") {
			t.Errorf("a run that had ended made the controller send %s", r)
		}
	}
}

// turns counts the turns about runs that had ended.
func (s *Scene) turns(controller string) int {
	s.Helper()
	text, err := os.ReadFile(lab.LogOf(controller))
	if err != nil {
		s.Fatal(err)
	}
	looked := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if _, rest, found := strings.Cut(line, "name=ended-"); found && strings.Contains(line, "nothing to do") {
			looked[strings.Fields(rest)[0]] = true
		}
	}
	return len(looked)
}

// bury creates runs that ended long ago.
func (s *Scene) bury(count int, instance string) {
	s.Helper()
	then := metav1.NewTime(time.Now().Add(-time.Hour))
	var writers sync.WaitGroup
	numbers := make(chan int)
	for range 8 {
		writers.Go(func() {
			for number := range numbers {
				run := &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{Name: "rate"}}}}
				run.Name, run.Namespace = fmt.Sprintf("ended-%04d", number), s.Namespace
				run.Labels = map[string]string{v1alpha1.ControllerInstanceIDLabel: instance}
				run.Status = v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisPhaseSuccessful, StartedAt: &then, CompletedAt: &then}
				if err := s.Client.Create(s.Context(), run); err != nil {
					s.Errorf("creating %s: %v", run.Name, err)
				}
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	writers.Wait()
}
