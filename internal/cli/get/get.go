package get

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

// options are the flags of the command.
type options struct {
	watch     bool
	output    string
	revisions int
	timeout   int
}

// Command is "get rollout NAME".
func Command(f *cluster.Factory) *cobra.Command {
	var o options
	rollout := &cobra.Command{
		Use:               "rollout NAME",
		Aliases:           []string{"ro", "rollouts"},
		Short:             "Show a Rollout with its revisions, ReplicaSets and pods",
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], o)
		},
	}
	flags := rollout.Flags()
	flags.BoolVarP(&o.watch, "watch", "w", false, "Redraw whenever something changes")
	flags.StringVarP(&o.output, "output", "o", "", "wide, json or yaml; the default is the tree")
	flags.IntVar(&o.revisions, "revisions", 0, "Show at most this many revisions, the newest; 0 shows all")
	flags.IntVar(&o.timeout, "timeout-seconds", 0, "Stop watching after this many seconds; 0 watches for ever")
	return cluster.Group("get", "Show one object", rollout)
}

func (o options) check() error {
	switch o.output {
	case "", "wide", "json", "yaml":
	default:
		return terminal.Usage("--output=%q: use wide, json or yaml", o.output)
	}
	if o.revisions < 0 {
		return terminal.Usage("--revisions=%d: use 0 for all, or the number to show", o.revisions)
	}
	return nil
}

func run(ctx context.Context, f *cluster.Factory, name string, o options) error {
	if err := o.check(); err != nil {
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
	p := printer{palette: palette, options: o}
	if o.watch {
		return p.watch(ctx, f.IO, c, name)
	}
	objects, err := c.Objects(ctx, name)
	if err != nil {
		return err
	}
	if o.needsNodes() {
		objects.Nodes = c.Nodes(ctx)
	}
	text, err := p.print(objects, f.IO.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(f.IO.Out, text)
	return err
}

// needsNodes is true where zones are shown.
func (o options) needsNodes() bool { return o.output != "" }

// printer prints views in the form that the flags ask for.
type printer struct {
	palette terminal.Palette
	options options
}

func (p printer) print(objects view.Objects, now time.Time) (string, error) {
	v := view.Rollout(objects, now)
	hidden := 0
	if limit := p.options.revisions; limit > 0 && len(v.Revisions) > limit {
		hidden = len(v.Revisions) - limit
		v.Revisions = v.Revisions[:limit]
	}
	switch p.options.output {
	case "json":
		return p.json(v)
	case "yaml":
		text, err := yaml.Marshal(v)
		return string(text), err
	}
	text := p.header(v) + "\n" + p.tree(v, now)
	if hidden > 0 {
		text += fmt.Sprintf("%d older revisions hidden by --revisions %d\n", hidden, p.options.revisions)
	}
	return text, nil
}

// json is indented for people; watching, it is one line a view, for programs.
func (p printer) json(v view.RolloutView) (string, error) {
	marshal := func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }
	if p.options.watch {
		marshal = json.Marshal
	}
	text, err := marshal(v)
	return string(text) + "\n", err
}

// refresh keeps the ages on the screen true while nothing else changes.
const refresh = time.Second

func (p printer) watch(ctx context.Context, io terminal.IO, c *cluster.Cluster, name string) error {
	ctx, stop := p.limit(ctx)
	defer stop()
	feed, err := c.FollowObjects(ctx, name)
	if err != nil {
		return ended(err)
	}
	screen := p.open(io)
	defer screen.Close()
	nodes := view.Objects{}
	if p.options.needsNodes() {
		nodes.Nodes = c.Nodes(ctx)
	}
	draw := func() error {
		if err := feed.Err(ctx); err != nil {
			return err
		}
		objects, err := feed.Objects(name)
		if err != nil {
			return err
		}
		objects.Nodes = nodes.Nodes
		frame, err := p.print(objects, io.Now())
		screen.Show(frame)
		return err
	}
	return ended(terminal.Redraw(ctx, feed.Changed, p.refresh(io), draw))
}

// refresh is zero where nobody watches the ages: a pipe gets a frame only when something happened.
func (p printer) refresh(io terminal.IO) time.Duration {
	if !io.IsTerminal() {
		return 0
	}
	return refresh
}

func (p printer) open(io terminal.IO) *terminal.Screen {
	if p.options.output == "json" {
		return terminal.Lines(io)
	}
	return terminal.Open(io)
}

func (p printer) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.options.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(p.options.timeout)*time.Second)
}

// ended turns the end that the user asked for into success.
// Compat: running out of --timeout-seconds is a success, too.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
