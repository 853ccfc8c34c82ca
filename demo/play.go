package main

import (
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
	failing          = 0.05 // share of the bad version's answers that are errors
)

const (
	redrawEvery = 100 * time.Millisecond
	patience    = 150 * time.Second // with any single wait: more than the judge's deadline
	look        = 2 * time.Second   // how long the end of a rollout is looked at
	quiet       = 2 * time.Second   // without a request until one is called the last
	judgements  = 6                 // how many of them a stretch is shown with
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
	run     string // the AnalysisRun that took the bad version back
	sum     show.Summary
}

func (p *play) perform(ctx context.Context) error {
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
	p.note("lab: kube-apiserver, etcd, controllers, scheduler, 3 nodes, pods that answer; %.1f s", time.Since(p.began).Seconds())
	if p.cluster, err = connect(ctx, p.lab.Kubeconfig); err != nil {
		return err
	}
	if err := p.startController(ctx); err != nil {
		return err
	}
	if err := p.apply(ctx); err != nil {
		return err
	}
	if _, err := p.await(ctx, healthy(first), func(show.Moment) { p.waiting("waiting for " + first) }); err != nil {
		return err
	}
	p.note("%s is Healthy: %d pods of %s", rollout, replicas, p.paint.As(show.Of(first), first))
	if err := p.startLoad(ctx); err != nil {
		return err
	}
	if err := p.awaitCounts(ctx); err != nil {
		return err
	}
	p.note("prometheus: a real one, in a pod; it asks every pod once a second what it has answered")
	return nil
}

// startController starts it outside the lab, from where the gateway is its way to Prometheus.
func (p *play) startController(ctx context.Context) error {
	controller := exec.CommandContext(context.WithoutCancel(ctx), p.props.controller, "--kubeconfig", p.lab.Kubeconfig,
		"--leader-elect=false", "--metrics-address", "0", "--health-address", "0", "--log-format", "text")
	controller.Env = append(os.Environ(), "HTTP_PROXY="+p.lab.Gateway, "NO_PROXY=", "no_proxy=")
	if _, err := p.crew.start("controller", p.dir, controller); err != nil {
		return err
	}
	p.note("controller: kanari-controller, one process")
	return nil
}

// apply applies the example, and over it what lets the judge decide.
func (p *play) apply(ctx context.Context) error {
	folders := []string{p.props.example, filepath.Join(p.props.example, "judge")}
	p.say(p.paint.Command("kubectl apply -f " + strings.Join(folders, " -f ")))
	for _, folder := range folders {
		objects, err := readExample(folder)
		if err != nil {
			return err
		}
		if err := objects.apply(ctx, p.cluster); err != nil {
			return err
		}
	}
	return nil
}

// deliver rolls out the good version, which goes on by its numbers.
func (p *play) deliver(ctx context.Context) error {
	p.say(p.paint.Chapter("A good version is delivered, and nobody watches it"))
	p.note("the judge counts both versions every 2 s and bets on them: at E 20 one passes, at E 100 it fails")
	story := p.story(good)
	if err := p.setImage(ctx, story); err != nil {
		return err
	}
	if err := p.follow(ctx, story, healthy(good)); err != nil {
		return err
	}
	if err := p.follow(ctx, story, after(look)); err != nil {
		return err
	}
	p.sum.Good = p.finish(story)
	return nil
}

// takeBack rolls out the bad version, which its own errors end.
func (p *play) takeBack(ctx context.Context) error {
	p.say(p.paint.Chapter(fmt.Sprintf("A bad version is delivered: %.0f %% of its answers are errors. Nobody watches it, either", 100*failing)))
	if err := p.command(ctx, p.props.lab, "version-set", image+":"+bad, "--error-rate", fmt.Sprint(failing)); err != nil {
		return err
	}
	story := p.story(bad)
	if err := p.setImage(ctx, story); err != nil {
		return err
	}
	if err := p.follow(ctx, story, aborted(bad)); err != nil {
		return err
	}
	back := time.Now()
	if err := p.follow(ctx, story, after(quiet)); err != nil {
		return err
	}
	p.sum.Bad = p.finish(story)
	return p.timeReturn(story, back)
}

// setImage asks for the story's version, as a user would.
func (p *play) setImage(ctx context.Context, story *show.Story) error {
	if err := p.kubectl(ctx, story, "set", "image", rollout, container+"="+image+":"+story.Version); err != nil {
		return err
	}
	p.say(p.paint.Heading(story.Version))
	return nil
}

// timeReturn finds out when the API server got the writes that took the bad version back; the last of them had been seen by then.
func (p *play) timeReturn(story *show.Story, seen time.Time) error {
	noticed := story.Judged(func(j show.Judgement) bool { return j.CanaryCount.Errors > 0 })
	decided := story.Judged(func(j show.Judgement) bool { return j.Outcome == show.Failed })
	if noticed == nil || decided == nil {
		return fmt.Errorf("%s was taken back, but not by the judge", bad)
	}
	p.run = decided.Run
	run := target{Resource: "analysisruns", Name: p.run}
	began, err := p.lab.wrote(run, noticed.At)
	if err != nil {
		return err
	}
	ended, err := p.lab.wrote(run, decided.At)
	if err != nil {
		return err
	}
	weights, err := p.lab.wrote(target{Resource: "virtualservices", Name: virtualService}, seen)
	if err != nil {
		return err
	}
	p.sum.Back = show.Return{Noticed: began.Received, Decided: ended.Received, Back: weights.Answered, Last: p.ledger.Last(bad)}
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
