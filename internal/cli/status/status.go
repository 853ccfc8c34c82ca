package status

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/paint"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

// options are the flags of the command.
type options struct {
	watch   bool
	timeout time.Duration
	until   string
}

const long = `Wait for a Rollout and answer with the exit code:
  0  the goal is reached (without --until: it is Healthy)
  1  it is degraded or aborted, or something went wrong
  2  the command line is wrong
  3  --timeout ran out
  4  it waits for a person (only with --until)`

// Command is "status NAME".
func Command(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:               "status NAME",
		Short:             "Wait for a Rollout and answer with the exit code",
		Long:              long,
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.watch, "watch", "w", true, "Wait until the Rollout is Healthy or Degraded, or what --until says")
	flags.DurationVarP(&o.timeout, "timeout", "t", 0, "How long to wait; 0 waits for ever")
	flags.StringVar(&o.until, "until", "", "What to wait for: "+goalNames())
	_ = cmd.RegisterFlagCompletionFunc("until", cobra.FixedCompletions(goalList(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func run(ctx context.Context, f *cluster.Factory, name string, o options) error {
	g, err := goalOf(o.until)
	if err != nil {
		return err
	}
	palette, err := f.Palette()
	if err != nil {
		return err
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	w := &waiting{factory: f, palette: palette, goal: g, name: name}
	if !o.watch {
		ro, err := c.Rollout(ctx, name)
		if err != nil {
			return err
		}
		return w.once(ro)
	}
	return w.watch(ctx, c, o.timeout)
}

// waiting is one run of the command.
type waiting struct {
	factory *cluster.Factory
	palette terminal.Palette
	goal    goal
	name    string
	last    string
}

// once prints the state and answers at once. Being under way is no failure.
func (w *waiting) once(ro *v1alpha1.Rollout) error {
	v := view.Rollout(view.Objects{Rollout: ro}, w.factory.IO.Now())
	if v.Phase == healthy || v.Phase == degraded {
		fmt.Fprintln(w.factory.IO.Out, v.Phase)
	} else {
		fmt.Fprintf(w.factory.IO.Out, "%s - %s\n", v.Phase, v.Message)
	}
	if done, err := w.goal.judge(v); done {
		return err
	}
	if w.goal.explicit() {
		return &terminal.Exit{Code: terminal.Failed, Message: fmt.Sprintf("rollout %q is not %s", w.name, w.goal.name)}
	}
	return nil
}

// watch says what is before it waits for more, so that even a short --timeout leaves a line behind.
func (w *waiting) watch(parent context.Context, c *cluster.Cluster, timeout time.Duration) error {
	ro, err := c.Rollout(parent, w.name)
	if err != nil {
		return w.ended(parent, err)
	}
	if done, err := w.look(ro); done {
		return err
	}
	ctx, stop := limited(parent, timeout)
	defer stop()
	return w.ended(parent, w.follow(ctx, c))
}

func limited(parent context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return context.WithCancel(parent)
	}
	return context.WithTimeout(parent, timeout)
}

// follow looks again at every change until the goal is reached, missed, or the context ends.
func (w *waiting) follow(ctx context.Context, c *cluster.Cluster) error {
	feed, err := c.FollowRollout(ctx, w.name)
	if err != nil {
		return err
	}
	for {
		if err := feed.Err(ctx); err != nil {
			return err
		}
		ro, err := feed.Rollout(w.name)
		if err != nil {
			return err
		}
		if done, err := w.look(ro); done {
			return err
		}
		select {
		case <-ctx.Done():
		case <-feed.Changed:
		}
	}
}

// look prints the state if it is new, and says whether waiting is over.
func (w *waiting) look(ro *v1alpha1.Rollout) (done bool, exit error) {
	v := view.Rollout(view.Objects{Rollout: ro}, w.factory.IO.Now())
	if line := w.line(v); line != w.last {
		w.last = line
		fmt.Fprintln(w.factory.IO.Out, w.stamp(v)+line)
	}
	return w.goal.judge(v)
}

// line is the phase in the words that scripts know; with --until, a sentence for people.
func (w *waiting) line(v view.RolloutView) string {
	switch {
	case w.goal.explicit():
		return v.Sentence
	case v.Message == "":
		return v.Phase
	}
	return v.Phase + " - " + v.Message
}

func (w *waiting) stamp(v view.RolloutView) string {
	if !w.goal.explicit() {
		return ""
	}
	return w.factory.IO.Now().UTC().Format(time.TimeOnly) + " " + paint.Icon(w.palette, v.Mark) + " "
}

// ended words the end of the waiting: the time that ran out, the user who had enough, or what judge said.
func (w *waiting) ended(parent context.Context, err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &terminal.Exit{Code: terminal.TimedOut, Message: w.timeout()}
	case parent.Err() != nil:
		return &terminal.Exit{Code: terminal.Interrupted, Message: w.timeout()}
	}
	return err
}

func (w *waiting) timeout() string {
	if w.goal.explicit() {
		return fmt.Sprintf("stopped waiting for rollout %q to become %s; last seen: %s", w.name, w.goal.name, w.last)
	}
	return "Rollout status watch exceeded timeout"
}
