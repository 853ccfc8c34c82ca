package programs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// EnterCommand is the hidden subcommand that makes a program's root and becomes the program.
const EnterCommand = "enter"

// Spec is one run of a program.
type Spec struct {
	Path   string
	Args   []string // without the program's own name
	Env    []string
	Root   string // an empty folder, on which the root directory is mounted
	Mounts []Mount
}

// Mount shows a folder or file of this machine to the program.
type Mount struct{ Source, Target string }

// Process is a program that was started.
type Process struct {
	cmd   *exec.Cmd
	asked atomic.Bool // to end
	ended chan struct{}
}

// Start runs a program. exited is told the exit code when it ends by itself, 128 and the signal's number when something
// else killed it; it is not told of ends by Stop and Break. What the program prints goes to this process's standard error.
func (t *Table) Start(s Spec, exited func(code int32)) (*Process, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", EnterCommand)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	t.starts <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", s.Path, err)
	}
	process := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its state has what matters
		if !process.asked.Load() {
			exited(exitCode(cmd.ProcessState))
		}
		close(process.ended)
	}()
	return process, nil
}

func exitCode(state *os.ProcessState) int32 {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int32(status.Signal())
	}
	return int32(state.ExitCode())
}

// stopWithin bounds how long Stop waits before it kills.
const stopWithin = 5 * time.Second

// Stop asks the program to end and returns when it has.
func (p *Process) Stop() {
	p.asked.Store(true)
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		p.Break()
	}
}

// Break kills the program and returns when it has ended.
func (p *Process) Break() {
	p.asked.Store(true)
	_ = p.cmd.Process.Kill()
	<-p.ended
}
