package labtest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// outcome is how a command ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func call(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, narration bytes.Buffer
	cmd := exec.Command(binary(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &narration
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), narration.String()}
}

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("KANARI_LAB_DIR", "")
	tests := map[string][]string{
		"a port that is taken":          {"up", "--port", port},
		"a folder that cannot be made":  {"up", "--dir", filepath.Join(file, "x")},
		"a folder with other files":     {"up", "--dir", filepath.Dir(file)},
		"an unknown flag":               {"up", "--colour"},
		"an argument too many":          {"up", "now"},
		"an unknown command":            {"upp"},
		"an unknown kind of chaos":      {"chaos", "rain"},
		"nothing to run":                {"run"},
		"a command that does not exist": {"run", "--", "no-such-command"},
		"no lab to talk to":             {"chaos", "node-down", "node-1"},
		"a load without a host":         {"load"},
		"a header without a value":      {"load", "--host=x", "--header=y"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			got := call(t, args...)
			if got.code != 2 || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
			}
		})
	}
}

func TestSecondLabInOneFolder(t *testing.T) {
	l := up(t)
	if got := call(t, "up", "--dir", l.Dir); got.code != 2 || !strings.Contains(got.stderr, "another lab is running there") {
		t.Errorf("code %d, stderr %q", got.code, got.stderr)
	}
}

func TestRunPassesOnHowTheCommandEnded(t *testing.T) {
	got := call(t, "run", "--", "sh", "-c", `echo "$KUBECONFIG $KANARI_LAB_DIR"; exit 7`)
	kubeconfig, dir, _ := strings.Cut(strings.TrimSpace(got.stdout), " ")
	if got.code != 7 || kubeconfig != filepath.Join(dir, "kubeconfig") {
		t.Errorf("code %d, stdout %q", got.code, got.stdout)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestKill kills the process that the caller knows; the other one has to end by itself and to take the folder away.
func TestKill(t *testing.T) {
	l := up(t)
	children, err := os.ReadFile("/proc/" + strconv.Itoa(l.PID) + "/task/" + strconv.Itoa(l.PID) + "/children")
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.Fields(string(children))
	if len(inner) != 1 {
		t.Fatalf("the lab has the children %q, want one", children)
	}
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.gone(l.Dir)
	l.gone("/proc/" + inner[0])
}

// TestParentKilled starts a lab from a shell and kills the shell.
func TestParentKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	shell := exec.Command("sh", "-c", `"$0" up --dir "$1"; true`, binary(t), dir)
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t}
	l.eventually("the lab is ready", func(context.Context) error {
		_, err := os.Stat(filepath.Join(dir, "lab.json"))
		return err
	})
	if err := shell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = shell.Wait() // it was killed
	l.gone(dir)
}

func (l *lab) gone(path string) {
	l.t.Helper()
	l.eventually(path+" is gone", func(context.Context) error {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			return errors.Join(errors.New("it is still there"), err)
		}
		return nil
	})
}
