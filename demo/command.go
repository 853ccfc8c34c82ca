package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/demo/show"
)

// kubectl carries out a command line of the plugin; the story goes on meanwhile, in a stretch of its own.
func (p *play) kubectl(ctx context.Context, story *show.Story, args ...string) error {
	p.cut(story)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var result error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result = p.command(ctx, p.props.plugin, args...)
	}()
	_, err := p.watch(ctx, func(show.Moment, time.Time) bool { return closed(done) }, story.See)
	cancel()
	<-done // nobody else may print before it has ended
	return cmp.Or(err, result)
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// command shows a command line and carries it out, as a user would.
func (p *play) command(ctx context.Context, binary string, args ...string) error {
	line := filepath.Base(binary) + " " + strings.Join(args, " ")
	p.say(p.paint.Command(line))
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.lab.Kubeconfig, "KANARI_LAB_DIR="+p.lab.Dir)
	out, err := cmd.CombinedOutput()
	answer := strings.TrimSpace(string(out))
	if err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, answer)
	}
	if answer != "" {
		p.note("%s", p.paint.As(show.Dim, answer))
	}
	return nil
}

func (p *play) say(line string) { p.screen.Print(line) }

func (p *play) note(format string, args ...any) { p.say("  " + fmt.Sprintf(format, args...)) }

// waiting shows on a terminal that something takes its time.
func (p *play) waiting(what string) {
	p.screen.Live("  " + p.paint.As(show.Dim, fmt.Sprintf("%s … %.1f s", what, time.Since(p.began).Seconds())))
}
