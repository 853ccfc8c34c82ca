package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// moment is a point of a canary at which the controller dies.
type moment struct {
	when  string
	holds func(now *State) bool
}

func momentsOfDeath() []moment {
	selects := func(service, revision string) func(*State) bool {
		return func(now *State) bool { return now.label(now.selected(service)) == revision }
	}
	return []moment{
		{"the canary's ReplicaSet is there", func(now *State) bool { return now.revision("web", 2) != nil }},
		{"the canary's first pod is available", func(now *State) bool { _, available := now.size("web", 2); return available == 1 }},
		{"the canary Service turned", selects("web-canary", "r2")},
		{"the first share is given", func(now *State) bool { return now.weight("web") == 20 }},
		{"it pauses", func(now *State) bool { return now.phase("web") == v1alpha1.RolloutPhasePaused }},
		{"the canary grows", func(now *State) bool { want, _ := now.size("web", 2); return want == 3 }},
		{"the second share is given", func(now *State) bool { return now.weight("web") == 60 }},
		{"the stable Service turned", selects("web-stable", "r2")},
		{"requests are back on the stable side", func(now *State) bool { return now.weight("web") == 0 && selects("web-stable", "r2")(now) }},
		{"the old pods go", func(now *State) bool { want, _ := now.size("web", 1); return want == 0 }},
	}
}

const shortDelay = "scaleDownDelaySeconds: 1"

func TestDeathAtTenMomentsChangesNothing(t *testing.T) {
	t.Parallel()
	steps := `[{setWeight: 20}, {pause: {duration: 1s}}, {setWeight: 60}, {pause: {duration: 1s}}]`
	const end = "4/4 Healthy 0% r2:4/4 stable=r2 canary=r2"
	done := func(now *State) bool { return now.sentence("web") == end && now.rollout("web").Status.Replicas == 4 }

	undisturbed := NewScene(t, lab)
	undisturbed.Open(Shop{Name: "web", Replicas: 4, Steps: steps, More: []string{shortDelay}})
	undisturbed.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	calm := undisturbed.Trace().Version()
	undisturbed.SetImage("web", "kanari.dev/demo:green")

	s := NewScene(t, lab)
	mortal := []string{"--leader-elect=false", "--instance-id=mortal", "--namespace=" + s.Namespace}
	controller := start(t, "mortal", mortal...)
	s.Open(Shop{Name: "web", Replicas: 4, Steps: steps, More: []string{shortDelay}, Labels: `{argo-rollouts.argoproj.io/controller-instance-id: mortal}`})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	begun := s.Trace().Version()
	s.SetImage("web", "kanari.dev/demo:green")
	for _, m := range momentsOfDeath() {
		s.Await(m.when, m.holds)
		controller.Kill()
		t.Logf("dead when %s: %s", m.when, s.state.sentence("web"))
		controller = start(t, "mortal", mortal...)
	}
	s.Await("the end", done)
	undisturbed.Await("the end without a death", done)

	want, got := undisturbed.Trace(), s.Trace()
	for what, diff := range map[string]string{
		"weights":           cmp.Diff(want.Weights("web", calm), got.Weights("web", begun)),
		"stable Service":    cmp.Diff(want.Selections("web-stable"), got.Selections("web-stable")),
		"canary Service":    cmp.Diff(want.Selections("web-canary"), got.Selections("web-canary")),
		"rests":             cmp.Diff(want.Steps("web", calm), got.Steps("web", begun)),
		"what is left over": cmp.Diff(undisturbed.remains("web"), s.remains("web")),
	} {
		if diff != "" {
			t.Errorf("%s (-undisturbed +ten deaths):\n%s", what, diff)
		}
	}
	s.Safe()
}

// TestDeathAfterEachWriteChangesNothing kills the controller after each write of three deliveries, one write a life, before it has the answer
// to it. The lives of a delivery are led at the same time.
func TestDeathAfterEachWriteChangesNothing(t *testing.T) {
	for name, delivery := range deliveries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undisturbed := delivery.live(t, Write{})
			want := undisturbed.finish()
			var lives []life
			for _, write := range undisturbed.Writes() {
				lives = append(lives, delivery.live(t, write))
			}
			deaths := 0
			for _, life := range lives {
				if diff := cmp.Diff(want, life.finish()); diff != "" {
					t.Errorf("dead of %s: what is left over (-undisturbed +dead):\n%s", life.fatal, diff)
				}
				// How many statuses are written depends on which pods get ready in the same moment.
				if !life.Died() && life.fatal.Name != "PUT rollouts/web/status" {
					t.Errorf("it never wrote %s; it wrote %v", life.fatal, life.Writes())
				}
				if life.Died() {
					deaths++
				}
			}
			t.Logf("%d deaths, one after each of %v", deaths, undisturbed.Writes())
		})
	}
}

// remains is what a canary leaves behind, without names, times and numbers that differ from run to run.
func (s *Scene) remains(rollout string) map[string]any {
	ro := s.state.rollout(rollout)
	status := ro.Status.DeepCopy()
	conditions := map[v1alpha1.RolloutConditionType]string{}
	for _, c := range status.Conditions {
		conditions[c.Type] = string(c.Status) + " " + c.Reason + ": " + c.Message
	}
	status.Conditions, status.AbortedAt = nil, nil
	left := map[string]any{"status": status, "conditions": conditions, "revision": ro.Annotations[v1alpha1.RevisionAnnotation]}
	for _, rs := range s.state.replicaSets(rollout) {
		left[rs.Name] = replicaSetRemains(rs)
	}
	return left
}

func replicaSetRemains(rs *appsv1.ReplicaSet) map[string]any {
	return map[string]any{"annotations": rs.Annotations, "replicas": *rs.Spec.Replicas, "labels": rs.Labels}
}
