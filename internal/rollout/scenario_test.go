package rollout_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/test/sim"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestScenarios tells each scenario below testdata and compares it with its golden. A file has three parts: the manifests, a script
// (see sim.Script for its commands; lines that begin with # are remarks), and the story that comes of it (see sim.Story).
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			s := readScenario(t, path)
			got, err := tell(s, nil)
			if err != nil {
				t.Errorf("the story so far:\n%s\n%v", got, err)
			}
			if *update && err == nil {
				s.Golden = got
				write(t, path, s.String())
			}
			if diff := cmp.Diff(s.Golden, got); diff != "" {
				t.Errorf("the story differs (- golden, + told now):\n%s", diff)
			}
		})
	}
}

func readScenario(t *testing.T, path string) sim.Scenario {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := sim.ParseScenario(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return scenario
}

// tell runs the script and writes the story. It stops at the first line at which a law is broken, except in a scenario that has a
// remark "# WRONG LAW: reason": there the broken law becomes part of the story until somebody mends it. Prepare may change the world
// before the first line.
func tell(s sim.Scenario, prepare func(*sim.World)) (string, error) {
	objects, err := sim.Manifests(s.Manifests)
	if err != nil {
		return "", err
	}
	world := sim.New("web")
	script := &sim.Script{World: world, Objects: objects}
	var out strings.Builder
	story := sim.Story{Out: &out, World: world}
	world.Seen = story.Turn
	if prepare != nil {
		prepare(world)
	}
	admitted := strings.Contains(s.Script, "# WRONG LAW: ")
	for line := range strings.Lines(s.Script) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			fmt.Fprintln(&out, line)
			continue
		}
		story.Line(line)
		err := script.Do(line)
		if err != nil && !admitted {
			return out.String(), fmt.Errorf("%s: %w", line, err)
		}
		if err != nil {
			fmt.Fprintf(&out, "          !! %s\n", world.Excuse(err))
		}
	}
	return out.String(), nil
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestADeadControllerChangesNoEnd lets the controller die before and after each write of whole deliveries in turn. Whoever comes after it
// goes on, no law is broken on the way, and the end is the one of a controller that lived.
func TestADeadControllerChangesNoEnd(t *testing.T) {
	for _, name := range []string{
		"istio-hosts-10-50-100", "istio-subsets", "nginx-canary-ingress", "constant-pods-web", "abort-at-50", "basic-canary-shares-pods", "promote-full-in-the-middle", "template-set-back-in-the-middle",
		"ping-pong", "blue-green-few-preview-pods", "blue-green-post-promotion-analysis-fails", "blue-green-fast-rollback",
		"analysis-step-passes", "analysis-step-fails", "analysis-background-passes", "analysis-new-template-in-the-middle",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := readScenario(t, filepath.Join("testdata", name+".txtar"))
			var alive *sim.World
			if story, err := tell(s, func(w *sim.World) { alive = w }); err != nil {
				t.Fatalf("%s\n%v", story, err)
			}
			for n := 1; n <= alive.Writes(); n++ {
				for _, after := range []bool{false, true} {
					var w *sim.World
					story, err := tell(s, func(world *sim.World) { w = world; w.DieAt(n, after) })
					if err != nil {
						t.Fatalf("dying at write %d (after: %v):\n%s\n%v", n, after, story, err)
					}
					if diff := cmp.Diff(alive.End(), w.End()); diff != "" {
						t.Errorf("dying at write %d (after: %v) ends otherwise (- alive, + dead):\n%s\n%s", n, after, diff, story)
					}
				}
			}
		})
	}
}
