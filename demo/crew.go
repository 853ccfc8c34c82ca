package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// crew are the processes that the demo started.
type crew struct{ members []*process }

// process is one of them. Its output goes to a file, which is shown when it breaks.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{} // closed when it has ended
}

// start starts a process that ends with the demo. Its command has a context that is never cancelled, since the crew stops it in
// its turn. Standard output stays the caller's when it is set already.
func (c *crew) start(name, dir string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd.Stderr = log
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	// A group of its own, so that Ctrl-C reaches the demo alone and the order of stopping is ours.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w; build it with: make build", name, err)
	}
	c.members = append(c.members, p)
	go func() {
		_ = cmd.Wait() // broken tells how it ended
		close(p.ended)
	}()
	return p, nil
}

// stop ends all processes, the last one first, and returns when none is left.
func (c *crew) stop() {
	for _, p := range slices.Backward(c.members) {
		p.stop()
	}
	c.members = nil
}

// broken is an error when a process of the crew has ended, which none does unasked.
func (c *crew) broken() error {
	for _, p := range c.members {
		select {
		case <-p.ended:
			return fmt.Errorf("%s has ended (%s); its last words:\n%s", p.name, p.cmd.ProcessState, p.lastWords())
		default:
		}
	}
	return nil
}

const stopWithin = 30 * time.Second

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// lastWords are the last lines of the process's log.
func (p *process) lastWords() string {
	const enough = 12
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-enough):], "\n")
}
