package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kanari-dev/kanari/internal/cli"
	"github.com/kanari-dev/kanari/internal/cli/clitest"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

var update = flag.Bool("update", false, "write the outputs into the scripts")

// now is the time in every script.
var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// TestScripts runs testdata/*.txtar. On top of testscript's own commands a script has:
//
//	serve [-no-crds] [-no-status] [-no-credentials] [-deny 'VERB RESOURCE'] FILE...   start an API server with these objects
//	unreachable                        have the program talk to a port that nobody listens on
//	kanari ARGS... | argo ARGS...      run the program under either name; ! demands a failure
//	code N                             demand the exit code of the last run
//	writes                             print what was written to the server since the last time
//	conflicts N                        let somebody else be first at the next N writes
//	start kanari|argo ARGS...          run the program in the background
//	seen REGEX                         wait until its output matches
//	change RESOURCE NAME PATCH         change an object as a controller would
//	remove RESOURCE NAME               delete an object
//	hangup                             break all connections to the server
//	interrupt                          press Ctrl-C in the background run
//	finish                             wait for its end; then stdout, stderr and code speak of it
//
// TTY=80x24 in the environment puts a terminal behind stdout, STDIN=FILE a file behind stdin.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Values[benchKey{}] = &bench{work: env.WorkDir}
			return copyObjects(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "unreachable": unreachable, "kanari": runAs("kubectl-kanari"), "argo": runAs("kubectl-argo-rollouts"),
			"complete": runAs("/somewhere/kubectl_complete-kanari"),
			"code":     wantCode, "writes": writes, "conflicts": conflicts,
			"start": start, "seen": seen, "change": change, "remove": remove, "hangup": hangup, "interrupt": interrupt, "finish": finish,
		},
	})
}

// copyObjects puts testdata/objects/*.yaml beside every script.
func copyObjects(work string) error {
	files, err := filepath.Glob("testdata/objects/*.yaml")
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(work, filepath.Base(file)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

type benchKey struct{}

// bench is what one script works with.
type bench struct {
	work       string
	server     *clitest.Server
	code       int
	background *background
}

func benchOf(ts *testscript.TestScript) *bench { return ts.Value(benchKey{}).(*bench) }

func serve(ts *testscript.TestScript, _ bool, args []string) {
	b := benchOf(ts)
	lack := clitest.Lacks{}
	var manifests []string
	for len(args) > 0 {
		switch args[0] {
		case "-no-crds":
			lack.CRDs = true
		case "-no-status":
			lack.Status = true
		case "-no-credentials":
			lack.Credentials = true
		case "-deny":
			lack.Permissions = append(lack.Permissions, args[1])
			args = args[1:]
		default:
			manifests = append(manifests, ts.ReadFile(args[0]))
		}
		args = args[1:]
	}
	server, err := clitest.New([]byte(strings.Join(manifests, "\n---\n")), lack)
	ts.Check(err)
	ts.Defer(server.Close)
	b.server = server
	b.connect(ts, server.URL)
}

// unreachable uses port 1 of the loopback interface, where nothing listens.
func unreachable(ts *testscript.TestScript, _ bool, _ []string) {
	benchOf(ts).connect(ts, "http://127.0.0.1:1")
}

func (b *bench) connect(ts *testscript.TestScript, url string) {
	ts.Check(os.WriteFile(b.kubeconfig(), []byte(`apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, namespace: shop, user: test}}]
clusters: [{name: test, cluster: {server: "`+url+`"}}]
users: [{name: test, user: {}}]
`), 0o600))
}

func (b *bench) kubeconfig() string { return filepath.Join(b.work, "kubeconfig") }

// commandLine is the program's name, the flags that keep it away from the real world, and the arguments.
func (b *bench) commandLine(program string, args []string) []string {
	if len(args) > 0 && (args[0] == "completion" || args[0] == "version" || strings.Contains(program, "_complete")) {
		return append([]string{program}, args...)
	}
	return append([]string{program, "--kubeconfig=" + b.kubeconfig()}, args...)
}

func surroundings(ts *testscript.TestScript) terminal.IO {
	work, input := benchOf(ts).work, ""
	if file := ts.Getenv("STDIN"); file != "" {
		input = ts.ReadFile(file)
	}
	return terminal.IO{
		In: strings.NewReader(input), Out: ts.Stdout(), Err: ts.Stderr(),
		Getenv: ts.Getenv,
		ReadFile: func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join(work, name))
		},
		Size: func() (int, int, bool) { return sizeOf(ts.Getenv("TTY")) },
		Now:  func() time.Time { return now },
	}
}

func sizeOf(tty string) (columns, rows int, ok bool) {
	left, right, found := strings.Cut(tty, "x")
	columns, _ = strconv.Atoi(left)
	rows, _ = strconv.Atoi(right)
	return columns, rows, found
}

func runAs(program string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		b := benchOf(ts)
		b.code = cli.Main(b.commandLine(program, args), surroundings(ts))
		if neg == (b.code == 0) {
			ts.Fatalf("exit code %d", b.code)
		}
	}
}

func wantCode(ts *testscript.TestScript, _ bool, args []string) {
	if got := strconv.Itoa(benchOf(ts).code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func writes(ts *testscript.TestScript, _ bool, _ []string) {
	_, err := ts.Stdout().Write([]byte(benchOf(ts).server.Writes()))
	ts.Check(err)
}

func conflicts(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	benchOf(ts).server.Conflicts(n)
}

func change(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(benchOf(ts).server.Change(args[0], "shop", args[1], args[2]))
}

func remove(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(benchOf(ts).server.Remove(args[0], "shop", args[1]))
}

func hangup(ts *testscript.TestScript, _ bool, _ []string) { benchOf(ts).server.HangUp() }
