package get

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
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

// Command is "get rollout NAME" and "get experiment NAME".
func Command(f *cluster.Factory) *cobra.Command {
	return cluster.Group("get", "Show one object", rolloutCommand(f), experimentCommand(f))
}

func rolloutCommand(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:               "rollout NAME",
		Aliases:           []string{"ro", "rollouts"},
		Short:             "Show a Rollout with its revisions, ReplicaSets and pods",
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, rollout{args[0]}, o)
		},
	}
	o.addFlags(cmd)
	flags := cmd.Flags()
	flags.IntVar(&o.revisions, "revisions", 0, "Show at most this many revisions, the newest; 0 shows all")
	flags.IntVar(&o.timeout, "timeout-seconds", 0, "Stop watching after this many seconds; 0 watches for ever")
	return cmd
}

func experimentCommand(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:               "experiment NAME",
		Aliases:           []string{"exp", "experiments"},
		Short:             "Show an Experiment with its ReplicaSets, pods and AnalysisRuns",
		Args:              cluster.OneNameOf("Experiment"),
		ValidArgsFunction: f.First(f.Names(v1alpha1.ExperimentGVK)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, experiment{args[0]}, o)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVarP(&o.watch, "watch", "w", false, "Redraw whenever something changes")
	flags.StringVarP(&o.output, "output", "o", "", "wide, json or yaml; the default is the tree")
}

// WatchRollout shows a Rollout whenever it changes, as "get rollout NAME --watch" does.
func WatchRollout(ctx context.Context, f *cluster.Factory, name string) error {
	return run(ctx, f, rollout{name}, options{watch: true})
}

// WatchExperiment shows an Experiment whenever it changes, as "get experiment NAME --watch" does.
func WatchExperiment(ctx context.Context, f *cluster.Factory, name string) error {
	return run(ctx, f, experiment{name}, options{watch: true})
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

func run(ctx context.Context, f *cluster.Factory, what subject, o options) error {
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
		return p.watch(ctx, f.IO, c, what)
	}
	seen, err := what.read(ctx, c)
	if err != nil {
		return err
	}
	if o.needsNodes() {
		seen.Nodes = c.Nodes(ctx)
	}
	text, err := p.print(seen, f.IO.Now())
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

func (p printer) print(seen sight, now time.Time) (string, error) {
	if seen.experiment != nil {
		v := view.OneExperiment(seen.experiment, seen.Objects)
		if p.options.document() {
			return p.marshal(v)
		}
		return p.experimentHeader(v) + "\n" + p.tree(p.experimentRoot(v, now), now), nil
	}
	v := view.Rollout(seen.Objects, now)
	hidden := 0
	if limit := p.options.revisions; limit > 0 && len(v.Revisions) > limit {
		hidden = len(v.Revisions) - limit
		v.Revisions = v.Revisions[:limit]
	}
	if p.options.document() {
		return p.marshal(v)
	}
	text := p.header(v) + "\n" + p.tree(p.rolloutRoot(v, now), now)
	if hidden > 0 {
		text += fmt.Sprintf("%d older revisions hidden by --revisions %d\n", hidden, p.options.revisions)
	}
	return text, nil
}

// document tells whether programs read what is printed.
func (o options) document() bool { return o.output == "json" || o.output == "yaml" }

// marshal writes YAML, or JSON: indented for people; watching, one line a view, for programs.
func (p printer) marshal(v any) (string, error) {
	switch {
	case p.options.output == "yaml":
		text, err := yaml.Marshal(v)
		return string(text), err
	case p.options.watch:
		text, err := json.Marshal(v)
		return string(text) + "\n", err
	}
	text, err := json.MarshalIndent(v, "", "  ")
	return string(text) + "\n", err
}

// refresh keeps the ages on the screen true while nothing else changes.
const refresh = time.Second

func (p printer) watch(ctx context.Context, io terminal.IO, c *cluster.Cluster, what subject) error {
	ctx, stop := p.limit(ctx)
	defer stop()
	feed, err := what.follow(ctx, c)
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
		seen, err := what.present(feed)
		if err != nil {
			return err
		}
		seen.Nodes = nodes.Nodes
		frame, err := p.print(seen, io.Now())
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
