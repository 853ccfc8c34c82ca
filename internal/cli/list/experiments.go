package list

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

func experimentsCommand(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "experiments",
		Aliases: []string{"exp", "experiment"},
		Short:   "Show all Experiments, a line each",
		Args:    cluster.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runExperiments(cmd.Context(), f, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.everywhere, "all-namespaces", "A", false, "Show those of all namespaces")
	flags.BoolVarP(&o.watch, "watch", "w", false, "Add a line whenever an Experiment changes")
	flags.StringVarP(&o.output, "output", "o", "", "json or yaml; the default is a table")
	return cmd
}

func runExperiments(ctx context.Context, f *cluster.Factory, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	p := printer{options: o, io: f.IO, table: o.experimentTable()}
	if o.watch {
		return p.watchExperiments(ctx, c)
	}
	found, err := c.Experiments(ctx, o.everywhere)
	if err != nil {
		return err
	}
	views := experimentViews(found)
	if o.output != "" {
		return p.document(view.ExperimentKind, views)
	}
	if len(views) == 0 {
		fmt.Fprintln(f.IO.Err, "No resources found.")
		return nil
	}
	p.rows(p.experimentRows(views))
	return nil
}

// experimentViews are sorted by namespace and name.
func experimentViews(found []v1alpha1.Experiment) []view.ExperimentView {
	views := make([]view.ExperimentView, len(found))
	for i := range found {
		views[i] = view.OneExperiment(&found[i], view.Objects{})
	}
	slices.SortFunc(views, func(a, b view.ExperimentView) int {
		return cmp.Or(cmp.Compare(a.Identity.Namespace, b.Identity.Namespace), cmp.Compare(a.Identity.Name, b.Identity.Name))
	})
	return views
}

func (o options) experimentTable() *terminal.Table {
	heads, widths := []string{"NAME", "STATUS", "DURATION", "REMAINING", "AGE"}, []int{10, 6, 8, 9, 3}
	if o.watch {
		widths[1] = len(v1alpha1.AnalysisPhaseInconclusive) // the longest word that may still come
	}
	if o.everywhere {
		heads, widths = append([]string{"NAMESPACE"}, heads...), append([]int{9}, widths...)
	}
	table := &terminal.Table{Widths: widths}
	table.Row(heads...)
	return table
}

func (p *printer) experimentRows(views []view.ExperimentView) []row {
	rows := make([]row, len(views))
	for i, v := range views {
		rows[i] = row{uid: v.Identity.UID, cells: p.experimentCells(v), clocks: 2}
	}
	return rows
}

func (p *printer) experimentCells(v view.ExperimentView) []string {
	now, lasts, remaining := p.io.Now(), "-", "-"
	if v.Duration > 0 {
		lasts = duration.HumanDuration(time.Duration(v.Duration) * time.Second)
	}
	if v.EndsAt.After(now) {
		remaining = duration.HumanDuration(v.EndsAt.Sub(now))
	}
	cells := []string{v.Identity.Name, v.Phase, lasts, remaining, duration.HumanDuration(now.Sub(v.Identity.CreatedAt))}
	if p.options.everywhere {
		cells = append([]string{v.Identity.Namespace}, cells...)
	}
	return cells
}

func (p *printer) watchExperiments(ctx context.Context, c *cluster.Cluster) error {
	feed, err := c.FollowExperiments(ctx, p.options.everywhere)
	if err != nil {
		return ended(err)
	}
	draw := func() error {
		if err := feed.Err(ctx); err != nil {
			return err
		}
		p.rows(p.experimentRows(experimentViews(feed.Experiments())))
		return nil
	}
	return ended(terminal.Redraw(ctx, feed.Changed, 0, draw))
}
