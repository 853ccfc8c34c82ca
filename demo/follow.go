package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/demo/show"
)

// until tells whether a wait is over; since is when the wait began.
type until func(m show.Moment, since time.Time) bool

func healthy(version string) until {
	return func(m show.Moment, _ time.Time) bool {
		return m.Phase == string(v1alpha1.RolloutPhaseHealthy) && m.Current == version && m.Stable == version
	}
}

func aborted(version string) until {
	return func(m show.Moment, _ time.Time) bool {
		return m.Aborted && m.Phase == string(v1alpha1.RolloutPhaseDegraded) && m.Asked(version) == 0
	}
}

func after(d time.Duration) until {
	return func(m show.Moment, since time.Time) bool { return m.At.Sub(since) >= d }
}

// story begins to tell of a version.
func (p *play) story(version string) *show.Story {
	return &show.Story{Version: version, Began: time.Now(), Ledger: &p.ledger}
}

// follow shows a story until something holds.
func (p *play) follow(ctx context.Context, story *show.Story, holds until) error {
	m, err := p.await(ctx, func(m show.Moment, since time.Time) bool {
		return holds(m, since) || stuck(m) != ""
	}, func(m show.Moment) { p.draw(story, m) })
	if why := stuck(m); err == nil && why != "" {
		p.cut(story)
		return errors.New(why)
	}
	return err
}

// await watches until something holds, for as long as the audience's patience lasts.
func (p *play) await(ctx context.Context, holds until, draw func(show.Moment)) (show.Moment, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := p.watch(limited, holds, draw)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("%s did not get on for %s; it is %s: %s (%s); %sthe controller's log ends with:\n%s",
			rollout, patience, m.Phase, m.Message, m.Step, said(m), p.lastWords())
	}
	return m, err
}

// stuck says why what the play waits for will not come; empty while it may.
func stuck(m show.Moment) string {
	switch {
	case m.Judged != nil && m.Judged.Outcome != show.Continues && !m.Judged.Decided():
		return "the judge leaves it to people: " + m.Judged.Message
	case m.Current == good && m.Aborted:
		return good + " was taken back: " + m.Message
	case m.Stable == bad:
		return bad + " went through"
	}
	return ""
}

// said is the judge's latest sentence, if there is one.
func said(m show.Moment) string {
	if m.Judged == nil {
		return ""
	}
	return "the judge says: " + m.Judged.Message + "; "
}

// watch looks at the cluster after each change, and now and then in between, until something holds.
func (p *play) watch(ctx context.Context, holds until, draw func(show.Moment)) (show.Moment, error) {
	since, tick := time.Now(), time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		m, err := p.cluster.look(ctx, rollout, virtualService)
		if err != nil && !apierrors.IsNotFound(err) { // what was just created may not have been seen yet
			return m, fmt.Errorf("looking at the cluster: %w", err)
		}
		if err == nil {
			draw(m)
		}
		if err == nil && holds(m, since) {
			return m, nil
		}
		if err := p.crew.broken(); err != nil {
			return m, err
		}
		select {
		case <-ctx.Done():
			return m, ctx.Err()
		case <-p.cluster.changed:
		case <-tick.C:
		}
	}
}

// draw prints what is over and redraws what is not.
func (p *play) draw(story *show.Story, m show.Moment) {
	story.See(m)
	p.tell(story.Ripe(m.At))
	var live []string
	for _, row := range story.Open(m.At) {
		live = append(live, p.paint.Lines(row, judgements)...)
	}
	p.screen.Live(append(live, p.paint.Saying(m))...)
}

func (p *play) tell(rows []show.Row) {
	for _, row := range rows {
		if !row.Telling() {
			continue
		}
		for _, line := range p.paint.Lines(row, judgements) {
			p.say(line)
		}
	}
}

// cut prints all that there is of a story; what follows is counted apart.
func (p *play) cut(story *show.Story) {
	p.screen.Live()
	p.tell(story.Cut(time.Now()))
}

// finish prints what is left of a story.
func (p *play) finish(story *show.Story) show.Told {
	p.cut(story)
	return show.Told{Version: story.Version, Rows: story.Rows(time.Now()), PodsPeak: story.PodsPeak}
}

func (p *play) lastWords() string {
	for _, member := range p.crew.members {
		if member.name == "controller" {
			return member.lastWords()
		}
	}
	return ""
}
