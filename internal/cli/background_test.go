package cli_test

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kanari-dev/kanari/internal/cli"
)

// patience is how long a script waits for what must come.
const patience = 30 * time.Second

// background is a run of the program beside the script.
type background struct {
	out, err  *page
	interrupt chan os.Signal
	done      chan int
}

// page is an output that tells whenever it grows.
type page struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // closed and replaced at each write
}

func newPage() *page { return &page{grown: make(chan struct{})} }

// Write adds to the page.
func (p *page) Write(more []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.grown)
	p.grown = make(chan struct{})
	return p.text.Write(more)
}

func (p *page) read() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String(), p.grown
}

func start(ts *testscript.TestScript, _ bool, args []string) {
	b := benchOf(ts)
	program := map[string]string{"kanari": "kubectl-kanari", "argo": "kubectl-argo-rollouts"}[args[0]]
	run := &background{out: newPage(), err: newPage(), interrupt: make(chan os.Signal, 1), done: make(chan int, 1)}
	io := surroundings(ts)
	env := map[string]string{"TTY": ts.Getenv("TTY"), "TERM": ts.Getenv("TERM"), "NO_COLOR": ts.Getenv("NO_COLOR")}
	io.Getenv = func(name string) string { return env[name] }
	io.Size = func() (int, int, bool) { return sizeOf(env["TTY"]) }
	io.Out, io.Err, io.Interrupt = run.out, run.err, run.interrupt
	line := b.commandLine(program, args[1:])
	go func() { run.done <- cli.Main(line, io) }()
	b.background = run
}

func seen(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	run, deadline := benchOf(ts).background, time.After(patience)
	for {
		text, grown := run.out.read()
		if pattern.MatchString(text) {
			return
		}
		select {
		case <-grown:
		case code := <-run.done:
			run.done <- code
			if text, _ := run.out.read(); pattern.MatchString(text) {
				return
			}
			complaint, _ := run.err.read()
			ts.Fatalf("ended with code %d before %q was seen in:\n%s\n%s", code, args[0], text, complaint)
		case <-deadline:
			ts.Fatalf("waited in vain for %q in:\n%s", args[0], text)
		}
	}
}

func interrupt(ts *testscript.TestScript, _ bool, _ []string) {
	benchOf(ts).background.interrupt <- os.Interrupt
}

func finish(ts *testscript.TestScript, neg bool, _ []string) {
	b := benchOf(ts)
	select {
	case b.code = <-b.background.done:
	case <-time.After(patience):
		text, _ := b.background.out.read()
		ts.Fatalf("did not end; printed:\n%s", text)
	}
	out, _ := b.background.out.read()
	complaint, _ := b.background.err.read()
	_, err := ts.Stdout().Write([]byte(out))
	ts.Check(err)
	_, err = ts.Stderr().Write([]byte(complaint))
	ts.Check(err)
	if neg == (b.code == 0) {
		ts.Fatalf("exit code %d", b.code)
	}
}
