package list

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	everywhere, timestamps, watch bool
	name, output                  string
}

// Command is "list rollouts" and "list experiments".
func Command(f *cluster.Factory) *cobra.Command {
	var o options
	rollouts := &cobra.Command{
		Use:     "rollouts",
		Aliases: []string{"ro", "rollout"},
		Short:   "Show all Rollouts, a line each",
		Args:    cluster.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), f, o)
		},
	}
	flags := rollouts.Flags()
	flags.BoolVarP(&o.everywhere, "all-namespaces", "A", false, "Show those of all namespaces")
	flags.StringVar(&o.name, "name", "", "Show only the Rollout of this name")
	flags.BoolVar(&o.timestamps, "timestamps", false, "Begin each line with the time")
	flags.BoolVarP(&o.watch, "watch", "w", false, "Add a line whenever a Rollout changes")
	flags.StringVarP(&o.output, "output", "o", "", "json or yaml; the default is a table")
	return cluster.Group("list", "Show all objects of a kind", rollouts, experimentsCommand(f))
}

func (o options) check() error {
	switch o.output {
	case "", "json", "yaml":
	default:
		return terminal.Usage("--output=%q: use json or yaml", o.output)
	}
	if o.watch && o.output != "" {
		return terminal.Usage("--watch prints a table: leave --output out")
	}
	return nil
}

func run(ctx context.Context, f *cluster.Factory, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	p := printer{options: o, io: f.IO, table: o.table()}
	if o.watch {
		return p.watch(ctx, c)
	}
	rollouts, err := c.Rollouts(ctx, o.everywhere)
	if err != nil {
		return err
	}
	views := o.views(rollouts, f.IO.Now())
	if o.output != "" {
		return p.document(view.Kind, views)
	}
	if len(views) == 0 {
		fmt.Fprintln(f.IO.Err, "No resources found.")
		return nil
	}
	p.rows(p.rolloutRows(views))
	return nil
}

// views are those that the flags ask for, by namespace and name.
func (o options) views(rollouts []v1alpha1.Rollout, now time.Time) []view.RolloutView {
	views := []view.RolloutView{}
	for i := range rollouts {
		if o.name == "" || o.name == rollouts[i].Name {
			views = append(views, view.Rollout(view.Objects{Rollout: &rollouts[i]}, now))
		}
	}
	slices.SortFunc(views, func(a, b view.RolloutView) int {
		return cmp.Or(cmp.Compare(a.Identity.Namespace, b.Identity.Namespace), cmp.Compare(a.Identity.Name, b.Identity.Name))
	})
	return views
}

// printer prints rows below one another, now or later.
type printer struct {
	options options
	io      terminal.IO
	table   *terminal.Table
	shown   map[string]string // last row by UID, without its time
}

// table is one with the column heads in it.
func (o options) table() *terminal.Table {
	heads := []string{"NAME", "STRATEGY", "STATUS", "STEP", "SET-WEIGHT", "READY", "DESIRED", "UP-TO-DATE", "AVAILABLE"}
	widths := []int{10, 9, 12, 4, 10, 5, 7, 10, 9}
	if o.everywhere {
		heads, widths = append([]string{"NAMESPACE"}, heads...), append([]int{9}, widths...)
	}
	if o.timestamps {
		heads, widths = append([]string{"TIMESTAMP"}, heads...), append([]int{len(time.RFC3339) - 5}, widths...)
	}
	table := &terminal.Table{Widths: widths}
	table.Row(heads...)
	return table
}

// row is one line: the object it speaks of, its cells, and how many of them at its end change with the clock alone.
type row struct {
	uid    string
	cells  []string
	clocks int
}

// rows prints those that differ from what was printed of their objects before.
func (p *printer) rows(rows []row) {
	if p.shown == nil {
		p.shown = map[string]string{}
	}
	for _, r := range rows {
		if text := fmt.Sprint(r.cells[:len(r.cells)-r.clocks]); p.shown[r.uid] != text || !p.options.watch {
			p.shown[r.uid] = text
			p.table.Row(p.stamped(r.cells)...)
		}
	}
	fmt.Fprint(p.io.Out, p.table.Flush())
}

func (p *printer) rolloutRows(views []view.RolloutView) []row {
	rows := make([]row, len(views))
	for i, v := range views {
		rows[i] = row{uid: v.Identity.UID, cells: p.cells(v)}
	}
	return rows
}

func (p *printer) stamped(cells []string) []string {
	if !p.options.timestamps {
		return cells
	}
	return append([]string{p.io.Now().UTC().Format(time.RFC3339)}, cells...)
}

func (p *printer) cells(v view.RolloutView) []string {
	step, weight := "-", "-"
	if v.Step != nil {
		step = fmt.Sprintf("%d/%d", v.Step.Index, v.Step.Count)
	}
	if v.Weights != nil {
		weight = strconv.Itoa(int(v.Weights.Desired))
	}
	cells := []string{
		v.Identity.Name, v.Strategy, v.Phase, step, weight,
		fmt.Sprintf("%d/%d", v.Replicas.Ready, v.Replicas.Current),
		strconv.Itoa(int(v.Replicas.Desired)), strconv.Itoa(int(v.Replicas.Updated)), strconv.Itoa(int(v.Replicas.Available)),
	}
	if p.options.everywhere {
		cells = append([]string{v.Identity.Namespace}, cells...)
	}
	return cells
}

func (p *printer) watch(ctx context.Context, c *cluster.Cluster) error {
	feed, err := c.FollowRollouts(ctx, p.options.everywhere)
	if err != nil {
		return ended(err)
	}
	draw := func() error {
		if err := feed.Err(ctx); err != nil {
			return err
		}
		p.rows(p.rolloutRows(p.options.views(feed.Rollouts(), p.io.Now())))
		return nil
	}
	return ended(terminal.Redraw(ctx, feed.Changed, 0, draw))
}

func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// viewList is the document of -o json and -o yaml.
type viewList struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Items      any    `json:"items"`
}

// document prints the list of the views of a kind.
func (p *printer) document(kind string, views any) error {
	list := viewList{APIVersion: view.APIVersion, Kind: kind + "List", Items: views}
	text, err := yaml.Marshal(list)
	if p.options.output == "json" {
		text, err = json.MarshalIndent(list, "", "  ")
		text = append(text, '\n')
	}
	if err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	_, err = p.io.Out.Write(text)
	return err
}
