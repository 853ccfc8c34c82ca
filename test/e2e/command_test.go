package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The command lines that people know, word for word, under the name of the plugin that they know.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	run := plugin(t, s.Namespace)
	rollouts := func(line string, code int, words string) {
		t.Helper()
		run(line, code, words)
		s.CatchUp()
	}
	s.Apply(filepath.Join(root, "examples", "01-istio-canary"), onRollouts(shorterPauses))
	rollouts("status myapp-rollout --timeout 90s", 0, "Healthy")

	rollouts("set image myapp-rollout nginx=kanari.dev/demo:green", 0, `rollout "myapp-rollout" image updated`)
	s.AwaitPause("myapp-rollout", 5)
	rollouts("get rollout myapp-rollout --no-color", 0, "Paused")
	rollouts("promote myapp-rollout", 0, "rollout 'myapp-rollout' promoted")
	rollouts("status myapp-rollout --timeout 90s", 0, "Healthy")

	rollouts("set image myapp-rollout nginx=kanari.dev/demo:red", 0, `rollout "myapp-rollout" image updated`)
	s.AwaitPause("myapp-rollout", 5)
	rollouts("abort myapp-rollout", 0, "rollout 'myapp-rollout' aborted")
	rollouts("status myapp-rollout --timeout 90s", 1, "Degraded - RolloutAborted: Rollout aborted update to revision 3")
	s.Await("no request for the canary", func(now *State) bool { return now.weight("myapp-rollout") == 0 })
	rollouts("retry rollout myapp-rollout", 0, "rollout 'myapp-rollout' retried")
	s.AwaitPause("myapp-rollout", 5)
	rollouts("promote myapp-rollout --full", 0, "rollout 'myapp-rollout' fully promoted")
	rollouts("status myapp-rollout --timeout 90s", 0, "Healthy")

	rollouts("undo myapp-rollout", 0, "rollout 'myapp-rollout' undo")
	now := s.AwaitPause("myapp-rollout", 5)
	if image := now.rollout("myapp-rollout").Spec.Template.Spec.Containers[0].Image; image != "kanari.dev/demo:green" {
		t.Errorf("undo led to the image %s, want the one before, kanari.dev/demo:green", image)
	}
	s.Safe()
}

// plugin builds the command line tool and returns a function that runs it, and demands an exit code and words in its output.
func plugin(t *testing.T, namespace string) func(line string, code int, words string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "kubectl-argo-rollouts")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/kubectl-kanari")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		t.Fatalf("building the command line tool: %v", err)
	}
	return func(line string, code int, words string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, append(strings.Fields(line), "--namespace", namespace, "--kubeconfig", lab.Kubeconfig)...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatalf("%s: %v", line, err)
		}
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), words) {
			t.Fatalf("%s ended with %d, want %d and the words %q in:\n%s", line, got, code, words, out)
		}
	}
}
