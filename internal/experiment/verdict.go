package experiment

import (
	"fmt"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// ranked gives each group its state. One that has ended stays as it is.
func ranked(t *turn) outcome {
	t.status.TemplateStatuses = nil
	for _, g := range t.groups {
		if !g.before.Status.Completed() {
			g.status.Status, g.status.Message = t.rank(g)
		}
		if g.status.Status == g.before.Status {
			continue
		}
		t.tell(movedGroup(g.before, g.status))
		if g.status.Status == v1alpha1.TemplateStatusProgressing {
			g.status.LastTransitionTime = t.timestamp()
		}
	}
	return goOn
}

func (t *turn) rank(g *group) (v1alpha1.TemplateStatusCode, string) {
	switch {
	case t.ended():
		return v1alpha1.TemplateStatusSuccessful, ""
	case g.complete():
		if t.elapsed() || t.ending() {
			return v1alpha1.TemplateStatusSuccessful, ""
		}
		return v1alpha1.TemplateStatusRunning, ""
	case t.late(g):
		return v1alpha1.TemplateStatusFailed,
			fmt.Sprintf("Template '%s' exceeded its progressDeadlineSeconds (%d)", g.name, v1alpha1.ExperimentProgressDeadlineSeconds(t.ex))
	case t.ending():
		return v1alpha1.TemplateStatusSuccessful, ""
	case g.rival != nil:
		return v1alpha1.TemplateStatusProgressing, fmt.Sprintf("Service %q exists and is not this Experiment's", g.rival.Name)
	}
	return v1alpha1.TemplateStatusProgressing, ""
}

// late tells whether a group waits, and nothing about its pods has changed for too long.
func (t *turn) late(g *group) bool {
	end, set := g.deadline(t.ex)
	return set && g.before.Status == v1alpha1.TemplateStatusProgressing && t.now.After(end)
}

// finding is what groups, or analyses, come to.
type finding struct {
	phase   v1alpha1.AnalysisPhase
	message string
}

// verdict moves the phase.
func verdict(t *turn) outcome {
	if t.ended() {
		return goOn
	}
	groups, runs := t.groupFinding(), t.findings()
	if groups.phase == v1alpha1.AnalysisPhaseRunning && t.status.AvailableAt == nil {
		t.status.AvailableAt = t.timestamp()
	}
	bad := runs.phase.Completed() && runs.phase != v1alpha1.AnalysisPhaseSuccessful
	result := groups
	switch {
	case groups.phase == v1alpha1.AnalysisPhaseSuccessful && (runs.phase.Completed() || t.requires()):
		result = runs
	case groups.phase.Completed():
	case bad, t.satisfied():
		result = runs
	}
	t.enter(result.phase, result.message)
	return goOn
}

// enter gives the Experiment its phase.
func (t *turn) enter(phase v1alpha1.AnalysisPhase, message string) {
	if before := t.ex.Status.Phase; before != phase {
		t.done = append(t.done, movedExperiment(before, phase))
	}
	t.status.Phase, t.status.Message = phase, message
}

// groupFinding is the worst of the groups; of equals the first.
func (t *turn) groupFinding() finding {
	order := []v1alpha1.TemplateStatusCode{
		v1alpha1.TemplateStatusSuccessful, v1alpha1.TemplateStatusRunning, v1alpha1.TemplateStatusProgressing,
		v1alpha1.TemplateStatusError, v1alpha1.TemplateStatusFailed,
	}
	worst, message := v1alpha1.TemplateStatusSuccessful, ""
	for _, g := range t.groups {
		if slices.Index(order, g.status.Status) > slices.Index(order, worst) {
			worst, message = g.status.Status, g.status.Message
		}
	}
	if worst == v1alpha1.TemplateStatusProgressing {
		return finding{v1alpha1.AnalysisPhasePending, message}
	}
	return finding{v1alpha1.AnalysisPhase(worst), message}
}

// findings is the worst of the analyses. One that has not begun counts as running, unless it never will.
func (t *turn) findings() finding {
	order := []v1alpha1.AnalysisPhase{
		v1alpha1.AnalysisPhaseSuccessful, v1alpha1.AnalysisPhaseRunning, v1alpha1.AnalysisPhasePending,
		v1alpha1.AnalysisPhaseInconclusive, v1alpha1.AnalysisPhaseError, v1alpha1.AnalysisPhaseFailed,
	}
	worst := finding{phase: v1alpha1.AnalysisPhaseSuccessful}
	for _, a := range t.ex.Spec.Analyses {
		run, begun := t.found(a.Name)
		if !begun && t.ending() {
			continue
		}
		if !begun {
			run.Phase = v1alpha1.AnalysisPhasePending
		}
		if slices.Index(order, run.Phase) > slices.Index(order, worst.phase) {
			worst = finding{run.Phase, run.Message}
		}
	}
	if bad := worst.phase.Completed() && worst.phase != v1alpha1.AnalysisPhaseSuccessful; !bad && t.satisfied() {
		return finding{v1alpha1.AnalysisPhaseSuccessful, "Required AnalysisRuns completed"}
	}
	if worst.phase == v1alpha1.AnalysisPhasePending {
		return finding{v1alpha1.AnalysisPhaseRunning, worst.message}
	}
	return worst
}

// requires tells whether the end depends on an analysis.
func (t *turn) requires() bool {
	return slices.ContainsFunc(t.ex.Spec.Analyses, func(a v1alpha1.ExperimentAnalysisTemplateRef) bool { return a.RequiredForCompletion })
}

// satisfied tells whether all analyses that the end depends on have succeeded.
func (t *turn) satisfied() bool {
	for _, a := range t.ex.Spec.Analyses {
		if run, _ := t.found(a.Name); a.RequiredForCompletion && run.Phase != v1alpha1.AnalysisPhaseSuccessful {
			return false
		}
	}
	return t.requires()
}
