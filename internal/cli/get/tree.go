package get

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kanari-dev/kanari/internal/cli/paint"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

// node is one line of the tree and the nodes below it.
type node struct {
	icon, name, kind string
	mark             view.Mark
	status           string
	born             time.Time
	notes            string
	// place is node, zone and reason of a pod; only the wide form prints it.
	place    [3]string
	children []node
}

// tree is the root with everything below it, a line each, in aligned columns.
func (p printer) tree(root node, now time.Time) string {
	table := &terminal.Table{}
	head := []string{"NAME", "KIND", "STATUS", "AGE", "INFO"}
	if p.wide() {
		head = append(head, "NODE", "ZONE", "REASON")
	}
	table.Row(head...)
	p.rows(table, root, "", "", now)
	return table.Flush()
}

func (p printer) rolloutRoot(v view.RolloutView, now time.Time) node {
	root := node{
		icon: "⟳", name: v.Identity.Name, kind: "Rollout",
		mark: v.Mark, status: v.Phase, born: v.Identity.CreatedAt,
	}
	for _, revision := range v.Revisions {
		root.children = append(root.children, p.revision(revision, now))
	}
	return root
}

func (p printer) experimentRoot(v view.ExperimentView, now time.Time) node {
	return p.experiment(view.Experiment{
		Name: v.Identity.Name, Status: v.Phase, Mark: v.Mark, CreatedAt: v.Identity.CreatedAt,
		ReplicaSets: v.ReplicaSets, AnalysisRuns: v.AnalysisRuns,
	}, now)
}

func (p printer) wide() bool { return p.options.output == "wide" }

// rows prints the node behind its branch, and its children behind the stem that goes on below it.
func (p printer) rows(table *terminal.Table, n node, branch, stem string, now time.Time) {
	table.Row(p.cells(n, branch, now)...)
	for i, child := range n.children {
		if i == len(n.children)-1 {
			p.rows(table, child, stem+"└──", stem+"   ", now)
			continue
		}
		p.rows(table, child, stem+"├──", stem+"│  ", now)
	}
}

func (p printer) cells(n node, branch string, now time.Time) []string {
	name := branch + n.icon + " " + n.name
	if n.kind == "" {
		return []string{name}
	}
	cells := []string{name, n.kind, paint.Status(p.palette, n.mark, n.status), age(n.born, now), n.notes}
	if p.wide() {
		cells = append(cells, n.place[:]...)
	}
	return cells
}

func age(born, now time.Time) string {
	if born.IsZero() {
		return ""
	}
	return duration.HumanDuration(now.Sub(born))
}

func (p printer) revision(revision view.Revision, now time.Time) node {
	n := node{icon: "#", name: fmt.Sprintf("revision:%d", revision.Number)}
	for _, set := range revision.ReplicaSets {
		n.children = append(n.children, p.replicaSet(set, now))
	}
	for _, experiment := range revision.Experiments {
		n.children = append(n.children, p.experiment(experiment, now))
	}
	for _, run := range revision.AnalysisRuns {
		n.children = append(n.children, p.analysisRun(run))
	}
	return n
}

func (p printer) replicaSet(set view.ReplicaSet, now time.Time) node {
	n := node{
		icon: "⧉", name: set.Name, kind: "ReplicaSet",
		mark: set.Mark, status: set.Status, born: set.CreatedAt,
		notes: joined(paint.Roles(p.palette, set.Roles, ","), delay(set, now)),
	}
	for _, pod := range set.Pods {
		n.children = append(n.children, podNode(pod))
	}
	return n
}

// delay says how long the pods still stay; nothing once they are gone.
func delay(set view.ReplicaSet, now time.Time) string {
	switch {
	case set.ScaleDownAt.IsZero() || set.Desired == 0:
		return ""
	case !set.ScaleDownAt.After(now):
		return "delay:passed"
	}
	return "delay:" + duration.HumanDuration(set.ScaleDownAt.Sub(now))
}

func podNode(pod view.Pod) node {
	restarts := ""
	if pod.Restarts > 0 {
		restarts = fmt.Sprintf("restarts:%d", pod.Restarts)
	}
	return node{
		icon: "□", name: pod.Name, kind: "Pod",
		mark: pod.Mark, status: pod.Status, born: pod.CreatedAt,
		notes: joined(fmt.Sprintf("ready:%d/%d", pod.Ready, pod.Containers), restarts),
		place: [3]string{cmp.Or(pod.Node, "-"), cmp.Or(pod.Zone, "-"), pod.Reason},
	}
}

func (p printer) experiment(experiment view.Experiment, now time.Time) node {
	n := node{
		icon: "Σ", name: experiment.Name, kind: "Experiment",
		mark: experiment.Mark, status: experiment.Status, born: experiment.CreatedAt,
	}
	for _, set := range experiment.ReplicaSets {
		n.children = append(n.children, p.replicaSet(set, now))
	}
	for _, run := range experiment.AnalysisRuns {
		n.children = append(n.children, p.analysisRun(run))
	}
	return n
}

func (p printer) analysisRun(run view.AnalysisRun) node {
	n := node{
		icon: "α", name: run.Name, kind: "AnalysisRun",
		mark: run.Mark, status: run.Status, born: run.CreatedAt,
		notes: joined(
			p.count(view.Good, run.Successful), p.count(view.Bad, run.Failed),
			p.count(view.Unsure, run.Inconclusive), p.count(view.Warning, run.Error)),
	}
	for _, job := range run.Jobs {
		n.children = append(n.children, node{
			icon: "⊞", name: job.Name, kind: "Job",
			mark: job.Mark, status: job.Status, born: job.CreatedAt,
		})
	}
	return n
}

// count is empty for none.
func (p printer) count(mark view.Mark, n int32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s %d", paint.Icon(p.palette, mark), n)
}

// joined puts commas between the parts that are there.
func joined(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, ",")
}
