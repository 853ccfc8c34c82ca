package experiment

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
	"github.com/kanari-dev/kanari/internal/plan"
)

// measured begins the analyses once all groups have run, and stops them after the end. The moment from which they count must be
// stored before: it may be an argument, and a run with another argument is another run.
func measured(t *turn) outcome {
	if t.alive() && t.ex.Status.AvailableAt != nil {
		for _, w := range t.wanted {
			t.start(w)
		}
	}
	t.stopRuns()
	return goOn
}

// wanted is an analysis that has not begun, with the run that it is to have.
type wanted struct {
	analysis string
	run      *v1alpha1.AnalysisRun
}

// start begins an analysis, or goes on with a run of the same errand that an earlier turn began and could not note.
func (t *turn) start(w wanted) {
	run, fresh := template.Pick(w.run, t.namesake)
	if fresh {
		t.moves.measure = append(t.moves.measure, plan.CreateRun{Run: run})
	}
	t.note(inShort(w.analysis, run))
}

// stopRuns ends runs of ours: all after the end, and before it those that nobody waits for.
func (t *turn) stopRuns() {
	for _, run := range t.ownRuns() {
		at := slices.IndexFunc(t.status.AnalysisRuns, func(r v1alpha1.ExperimentAnalysisRunStatus) bool { return r.AnalysisRun == run.Name })
		if run.Status.Phase.Completed() || run.Spec.Terminate || run.DeletionTimestamp != nil || (at >= 0 && !t.ending()) {
			continue
		}
		t.moves.measure = append(t.moves.measure, plan.StopRun{Name: run.Name})
		if at >= 0 {
			t.tell(terminatingRun(t.status.AnalysisRuns[at]))
		}
	}
}

// ownRuns are those that the Experiment controls, by name.
func (t *turn) ownRuns() []*v1alpha1.AnalysisRun {
	own := slices.DeleteFunc(slices.Clone(t.Runs), func(run *v1alpha1.AnalysisRun) bool { return !metav1.IsControlledBy(run, t.ex) })
	slices.SortFunc(own, func(a, b *v1alpha1.AnalysisRun) int { return strings.Compare(a.Name, b.Name) })
	return own
}
