package sim

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestLawsBite breaks a sound world behind the controller's back: each law must notice.
func TestLawsBite(t *testing.T) {
	tests := map[string]struct {
		sabotage func(*World) error
		want     string
	}{
		"requests without pods": {
			func(w *World) error { w.SetPods(Crashed, -1, w.mustSets("new")); return nil },
			"which has no ready pod",
		},
		"weights that do not add up": {
			func(w *World) error { return w.Change("VirtualService", "web", "spec.http.0.route.0.weight", "51") },
			"add up to 101",
		},
		"a Service without its hash": {
			func(w *World) error {
				which, err := w.find("Service", "web-stable")
				if err != nil {
					return err
				}
				return w.setIn(which, "spec.selector", "{app: web}")
			},
			"lost its hash",
		},
		"a step index that falls": {
			func(w *World) error { return w.SetStatus("currentStepIndex", int64(0)) },
			"the step index fell from 3 to 0",
		},
		"something left to do": {
			func(w *World) error { return w.Set("spec.replicas", "5") },
			"and yet it plans",
		},
		"a wake-up that nobody asked for": {
			func(w *World) error { w.wake = w.Clock.Add(time.Hour); return nil },
			"it would wake at",
		},
		"an aborted canary with requests": {
			func(w *World) error { return w.SetStatus("abort", true) },
			"aborted, and http route primary",
		},
		"pods above the budget": {
			func(w *World) error {
				if err := w.Set("spec.strategy.canary.dynamicStableScale", "true"); err != nil {
					return err
				}
				w.Pods = append(w.Pods, &Pod{Name: "one-too-many", ReplicaSet: w.Pods[0].ReplicaSet, State: Terminating})
				return nil
			},
			"the budget is 3",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := atHalf(t)
			if err := test.sabotage(w); err != nil {
				t.Fatal(err)
			}
			err := w.Laws.always(w)
			for _, law := range []func(*World) error{abortedIsStable, stillness} {
				if err == nil {
					err = law(w)
				}
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestLawsBiteAfterABadVerdict puts a bad verdict into a world, and lets somebody else act against it.
func TestLawsBiteAfterABadVerdict(t *testing.T) {
	w := atHalf(t)
	w.Laws.view.bad = &condemned{hash: w.Rollout().Status.CurrentPodHash, shares: map[string]int64{}}
	if err := w.Laws.theBadGetsNoMore(w); err == nil || !strings.Contains(err.Error(), "now sends 50") {
		t.Errorf("a higher weight: got %v", err)
	}
	if err := w.Laws.theBadIsTakenBack(w); err == nil || !strings.Contains(err.Error(), "nothing came of it") {
		t.Errorf("no abort: got %v", err)
	}
}

// atHalf is a world at rest in which half of the requests go to a canary.
func atHalf(t *testing.T) *World {
	t.Helper()
	text, err := os.ReadFile("../../internal/rollout/testdata/abort-at-50.txtar")
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := ParseScenario(string(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := Manifests(scenario.Manifests)
	if err != nil {
		t.Fatal(err)
	}
	s := &Script{World: New("web"), Objects: objects}
	for _, line := range []string{"pods start 3s", "apply", "wait 10s", "set-image v2", "wait 10s", "promote", "wait 10s"} {
		if err := s.Do(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	s.World.Laws.view = view{}
	return s.World
}

func (w *World) mustSets(role string) []string {
	names, err := w.sets(role)
	if err != nil {
		panic(err)
	}
	return names
}
