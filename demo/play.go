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

// What the example calls its things, and the versions that are delivered: blue is the first, as the example has it.
const (
	rollout        = "myapp-rollout"
	virtualService = "myapp-vsvc"
	host           = "myapp.example.com"
	container      = "nginx"
	image          = "kanari.dev/demo"
	replicas       = 3

	first, good, bad = "blue", "green", "red"
	failing          = 0.25 // share of the bad version's answers that are errors
	pause            = "4s" // what the example's pauses of minutes are shortened to
)

const (
	redrawEvery = 100 * time.Millisecond
	patience    = 60 * time.Second // with any single wait
	look        = 3 * time.Second  // how long an indefinite pause is looked at before somebody acts
	quiet       = 2 * time.Second  // without a request until one is called the last
)

// play is the script, and what its acts hand on to each other.
type play struct {
	props props

	screen  *show.Screen
	paint   show.Paint
	dir     string // everything that is written, removed at the end
	crew    crew
	began   time.Time
	lab     *lab
	cluster *cluster
	ledger  show.Ledger
	sum     show.Summary
}

func (p *play) run(ctx context.Context) error {
	p.began = time.Now()
	for _, act := range []func(context.Context) error{p.arrange, p.deliver, p.takeBack, p.conclude, p.linger} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// arrange starts everything and applies the example.
func (p *play) arrange(ctx context.Context) error {
	p.say(p.paint.Chapter("A cluster, a controller, an application, and people who use it"))
	var err error
	if p.lab, err = startLab(ctx, p); err != nil {
		return err
	}
	p.note("lab: kube-apiserver, etcd, controllers, scheduler, 3 nodes, pods that answer; %s network; %.1f s", p.lab.Network, time.Since(p.began).Seconds())
	if p.cluster, err = connect(ctx, p.lab.Kubeconfig); err != nil {
		return err
	}
	controller := exec.CommandContext(context.WithoutCancel(ctx), p.props.controller, "--kubeconfig", p.lab.Kubeconfig,
		"--leader-elect=false", "--metrics-address", "0", "--health-address", "0", "--log-format", "text")
	if _, err := p.crew.start("controller", p.dir, controller); err != nil {
		return err
	}
	p.note("controller: kanari-controller, one process")
	if err := p.apply(ctx); err != nil {
		return err
	}
	if _, err := p.watch(ctx, healthy(first), func(show.Moment) { p.waiting("waiting for " + first) }); err != nil {
		return err
	}
	p.note("%s is Healthy: %d pods of %s", rollout, replicas, p.paint.As(show.Of(first), first))
	return p.startLoad(ctx)
}

// apply creates the example with shorter pauses.
func (p *play) apply(ctx context.Context) error {
	objects, err := readExample(p.props.example)
	if err != nil {
		return err
	}
	changes := objects.shorten(pause)
	if err := objects.create(ctx, p.cluster); err != nil {
		return err
	}
	p.say(p.paint.Command("kubectl apply -f " + p.props.example))
	for _, change := range changes {
		p.note("shortened for the demo: %s", change)
	}
	return nil
}

// deliver rolls out the good version and promotes it.
func (p *play) deliver(ctx context.Context) error {
	p.say(p.paint.Chapter("A good version is delivered"))
	story := p.story(good)
	if err := p.kubectl(ctx, story, "set", "image", rollout, container+"="+image+":"+good); err != nil {
		return err
	}
	p.say(p.paint.Heading(good))
	if err := p.follow(ctx, story, "", waitsForSomebody); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "somebody looks at the numbers", after(look)); err != nil {
		return err
	}
	if err := p.kubectl(ctx, story, "promote", rollout); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "", healthy(good)); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "", after(look)); err != nil {
		return err
	}
	p.sum.Good = p.finish(story)
	return nil
}

// takeBack rolls out the bad version and aborts it.
func (p *play) takeBack(ctx context.Context) error {
	p.say(p.paint.Chapter(fmt.Sprintf("A bad version is taken back: %.0f %% of its answers are errors", 100*failing)))
	if err := p.command(ctx, p.props.lab, "version-set", image+":"+bad, "--error-rate", fmt.Sprint(failing)); err != nil {
		return err
	}
	story := p.story(bad)
	if err := p.kubectl(ctx, story, "set", "image", rollout, container+"="+image+":"+bad); err != nil {
		return err
	}
	p.say(p.paint.Heading(bad))
	if err := p.follow(ctx, story, "", gets(bad, 30)); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "somebody sees the errors", after(look)); err != nil {
		return err
	}
	if err := p.kubectl(ctx, story, "abort", rollout); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "", aborted(bad)); err != nil {
		return err
	}
	if err := p.follow(ctx, story, "", after(quiet)); err != nil {
		return err
	}
	p.sum.Bad = p.finish(story)
	return p.timeAbort()
}

// timeAbort tells how long requests went on reaching the bad version.
func (p *play) timeAbort() error {
	patched, err := p.lab.patchedAt(rollout)
	if err != nil {
		return fmt.Errorf("finding the moment of the abort: %w", err)
	}
	p.sum.Abort = max(0, p.ledger.Last(bad).Sub(patched))
	p.note("%s", p.paint.Abort(bad, p.sum.Abort))
	return nil
}

// conclude tells what happened and whether it is what should have.
func (p *play) conclude(context.Context) error {
	p.sum.Totals = p.ledger.Between(p.began, time.Now())
	p.sum.Took, p.sum.Replicas = time.Since(p.began), replicas
	p.say(p.paint.Chapter("What happened"))
	for _, line := range p.paint.Summary(p.sum) {
		p.say(line)
	}
	if complaints := p.sum.Complaints(); len(complaints) > 0 {
		return fmt.Errorf("this should not have happened: %s", strings.Join(complaints, "; "))
	}
	return nil
}

// linger keeps the cluster and goes on showing what happens in it.
func (p *play) linger(ctx context.Context) error {
	if !p.props.stay {
		return nil
	}
	bin, err := filepath.Abs(filepath.Dir(p.props.plugin))
	if err != nil {
		return err
	}
	p.say(p.paint.Chapter("The cluster stays until you press Ctrl-C. In another terminal:"))
	for _, line := range []string{
		"export KUBECONFIG=" + p.lab.Kubeconfig, "export PATH=" + bin + ":$PATH",
		"kubectl-kanari get rollout " + rollout + " --watch",
		"kubectl-kanari set image " + rollout + " " + container + "=" + image + ":yellow",
		"kubectl-kanari promote " + rollout,
	} {
		p.say(p.paint.Command(line))
	}
	p.say("")
	for ctx.Err() == nil {
		story := p.story("")
		_, err := p.watch(ctx, func(m show.Moment, _ time.Time) bool { return story.Version != m.Current }, func(m show.Moment) {
			if story.Version == "" {
				story.Version = m.Current
				p.say(p.paint.Heading(m.Current))
			}
			p.draw(story, m, "")
		})
		if err != nil && ctx.Err() == nil {
			return err
		}
		p.finish(story)
	}
	p.say("stopping")
	return nil
}

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
