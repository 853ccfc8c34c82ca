package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// OpenBlueGreen creates the Rollout web, its Services web-active and web-preview, and a host, named after the namespace, whose requests
// go to the active one. Images are the scene's own: bg-1, bg-2 and so on.
func (s *Scene) OpenBlueGreen(more ...string) {
	s.Helper()
	s.OpenSides("web", "active", "preview")
	s.CreateYAML(fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [%s.example]
  http: [{name: web, route: [{destination: {host: web-active}, weight: 100}]}]
`, s.Namespace))
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: kanari.dev/demo:bg-1, ports: [{containerPort: 80}]}]
  strategy:
    blueGreen:
      activeService: web-active
      previewService: web-preview
      %s
`, strings.Join(more, "\n      ")))
	s.awaitSentence("Healthy r1:2/2 active=r1 preview=r1")
}

// awaitSentence waits until the Rollout web stands as a sentence says, and its present spec was seen.
func (s *Scene) awaitSentence(sentence string) *State {
	s.Helper()
	return s.Await(sentence, func(now *State) bool { return now.phase("web") != "" && now.sentence("web") == sentence })
}

// Requests are sent all the time; none is lost at the switch, and none on the way back.
func TestBlueGreen(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.OpenBlueGreen("autoPromotionEnabled: false")
	requests := s.Send(Plan{Host: s.Namespace + ".example", Rate: 100, Every: 100 * time.Millisecond})
	requests.AwaitAnswer("bg-1")
	early := requests.Lost() // before the gateway had heard of the host

	s.SetImage("web", "kanari.dev/demo:bg-2")
	s.AwaitPause("web", atThePreview)
	s.awaitSentence("Paused r1:2/2 r2:2/2 active=r1 preview=r2")
	if strayed := requests.Since("bg-2", time.Time{}).Requests; strayed > 0 {
		t.Errorf("the preview answered %d requests that were meant for the active version", strayed)
	}
	s.Promote("web")
	now := s.awaitSentence("Healthy r1:2/2 r2:2/2 active=r2 preview=r2")
	requests.AwaitAnswer("bg-2")
	s.Await("the end of version 1 to be set", func(now *State) bool {
		return now.revision("web", 1).Annotations[v1alpha1.ScaleDownDeadlineAnnotation] != ""
	})
	pods, switched := slices.Sorted(maps.Keys(now.living("web"))), s.Trace().Version()

	s.SetImage("web", "kanari.dev/demo:bg-1")
	now = s.awaitSentence("Healthy r2:2/2 r3:2/2 active=r3 preview=r3")
	requests.AwaitAnswer("bg-1")
	if diff := cmp.Diff(pods, slices.Sorted(maps.Keys(now.living("web")))); diff != "" {
		t.Errorf("pods of the way back inside the delay (-before +after):\n%s", diff)
	}
	if phases := s.Trace().Phases("web", switched); slices.Contains(phases, paused) {
		t.Errorf("the way back inside the delay waited for somebody: %v", phases)
	}
	if lost := requests.Lost() - early; lost > 0 {
		t.Errorf("%d requests were lost", lost)
	}
	if diff := cmp.Diff([]string{`""`, "r1", "r2", "r1", "r3"}, s.Trace().Selections("web-active")); diff != "" {
		t.Errorf("what is active (-want +got):\n%s", diff)
	}
	s.Safe()
}

// After the switch the new version is still judged: who aborts then, a person or the numbers, has the former one active in the next write.
func TestBlueGreenIsTakenBackAfterTheSwitch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		abort   func(s *Scene, backend *Backend)
		run     v1alpha1.AnalysisPhase
		message string
	}{
		"by a person": {
			abort:   func(s *Scene, _ *Backend) { s.Abort("web") },
			run:     v1alpha1.AnalysisPhaseSuccessful, // stopped
			message: "RolloutAborted: Rollout aborted update to revision 2",
		},
		"by the numbers": {
			abort: func(_ *Scene, backend *Backend) { backend.Rate(0.5) },
			run:   v1alpha1.AnalysisPhaseFailed,
			message: `RolloutAborted: Rollout aborted update to revision 2: Blue/green post-promotion analysis phase error/failed: ` +
				`Metric "rate" assessed Failed due to failed (1) > failureLimit (0)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, backend := NewScene(t, lab), NewBackend(t)
			s.judging("rate", rate(backend, "count: 100,"))
			s.OpenBlueGreen("postPromotionAnalysis: {templates: [{templateName: rate}]}", "abortScaleDownDelaySeconds: 1")
			s.SetImage("web", "kanari.dev/demo:bg-2")
			s.awaitSentence("Progressing r1:2/2 r2:2/2 active=r2 preview=r2")
			run := "web-" + hashOf(s.state, 2) + "-2-post"
			s.Await("a first measurement", func(now *State) bool {
				return now.run(run) != nil && len(now.run(run).Status.MetricResults) > 0 && now.run(run).Status.MetricResults[0].Successful > 0
			})
			measured := s.Trace().Version()

			c.abort(s, backend)
			now := s.awaitSentence("Degraded r1:2/2 active=r1 preview=r2")
			if got := now.rollout("web").Status.Message; got != c.message {
				t.Errorf("the message is %q, want %q", got, c.message)
			}
			s.AwaitRun(run, c.run)
			writes := slices.DeleteFunc(s.Trace().Writes(measured), func(w string) bool { return w == "Rollout web" })
			if len(writes) == 0 || writes[0] != "Service web-active" {
				t.Errorf("the requests do not go first: %v", writes)
			}
			s.Safe()
		})
	}
}

// A Job looks at the preview; nobody else is asked.
func TestBlueGreenJudgedByAJob(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command, end string
		active       []string
	}{
		"well":  {command: "exit 0", end: "Healthy r1:2/2 r2:2/2 active=r2 preview=r2", active: []string{`""`, "r1", "r2"}},
		"badly": {command: "exit 1", end: "Degraded r1:2/2 active=r1 preview=r2", active: []string{`""`, "r1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewScene(t, lab)
			s.judging("smoke", smoke("smoke", c.command))
			s.OpenBlueGreen("prePromotionAnalysis: {templates: [{templateName: smoke}]}", "abortScaleDownDelaySeconds: 1")
			s.SetImage("web", "kanari.dev/demo:bg-2")
			now := s.awaitSentence(c.end)
			run := "web-" + hashOf(now, 2) + "-2-pre"
			if found := now.run(run); found == nil || !found.Status.Phase.Completed() || len(now.jobs(run)) != 1 {
				t.Fatalf("the run is %+v with %d Jobs, want one of each, done", found, len(now.jobs(run)))
			}
			trace := s.Trace()
			judged := trace.First(0, func(now *State) bool { found := now.run(run); return found != nil && found.Status.Phase.Completed() })
			if moved := trace.First(0, func(now *State) bool { return now.label(now.selected("web-active")) == "r2" }); moved != 0 && moved < judged {
				t.Errorf("version 2 is active at %d, before the verdict at %d", moved, judged)
			}
			if diff := cmp.Diff(c.active, trace.Selections("web-active")); diff != "" {
				t.Errorf("what is active (-want +got):\n%s", diff)
			}
			s.Safe()
		})
	}
}
