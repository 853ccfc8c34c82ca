package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/kanari-dev/kanari/demo/show"
)

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
		"kubectl get analysisruns",
		"kubectl get analysisrun " + p.run + " -o yaml",
		"kubectl-kanari set image " + rollout + " " + container + "=" + image + ":yellow",
		"kubectl-kanari abort " + rollout,
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
			p.draw(story, m)
		})
		if err != nil && ctx.Err() == nil {
			return err
		}
		p.finish(story)
	}
	p.say("stopping")
	return nil
}
