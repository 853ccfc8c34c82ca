package experiment

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// assessed reads what the runs that the status names have found since. A verdict stands, also when its run is deleted afterwards.
func assessed(t *turn) outcome {
	if !t.ended() {
		t.status.AnalysisRuns = slices.DeleteFunc(t.status.AnalysisRuns, func(r v1alpha1.ExperimentAnalysisRunStatus) bool { return t.analysis(r.Name) == nil })
	}
	var kept []v1alpha1.ExperimentAnalysisRunStatus
	for _, before := range t.status.AnalysisRuns {
		now, found := t.reread(before)
		if !found {
			continue // somebody deleted it before its verdict: it is measured anew, unless the end has come
		}
		kept = append(kept, now)
		if now.Phase != before.Phase {
			t.tell(movedRun(before, now))
		}
	}
	t.status.AnalysisRuns = kept
	return goOn
}

// reread is an analysis as its run stands now; false where the run is gone without a verdict.
func (t *turn) reread(before v1alpha1.ExperimentAnalysisRunStatus) (v1alpha1.ExperimentAnalysisRunStatus, bool) {
	if before.Phase.Completed() {
		return before, true
	}
	run := t.namesake(before.AnalysisRun)
	if run == nil || !metav1.IsControlledBy(run, t.ex) {
		return before, false
	}
	return inShort(before.Name, run), true
}

// inShort is a run as the Experiment's status tells of it.
func inShort(analysis string, run *v1alpha1.AnalysisRun) v1alpha1.ExperimentAnalysisRunStatus {
	phase := run.Status.Phase
	if phase == "" {
		phase = v1alpha1.AnalysisPhasePending
	}
	return v1alpha1.ExperimentAnalysisRunStatus{Name: analysis, AnalysisRun: run.Name, Phase: phase, Message: run.Status.Message}
}

// namesake is the run of that name, whoever owns it; nil for none.
func (t *turn) namesake(name string) *v1alpha1.AnalysisRun {
	at := slices.IndexFunc(t.Runs, func(run *v1alpha1.AnalysisRun) bool { return run.Name == name })
	if at < 0 {
		return nil
	}
	return t.Runs[at]
}

func (t *turn) analysis(name string) *v1alpha1.ExperimentAnalysisTemplateRef {
	at := slices.IndexFunc(t.ex.Spec.Analyses, func(a v1alpha1.ExperimentAnalysisTemplateRef) bool { return a.Name == name })
	if at < 0 {
		return nil
	}
	return &t.ex.Spec.Analyses[at]
}

// found is what is known of an analysis; false before it began.
func (t *turn) found(analysis string) (v1alpha1.ExperimentAnalysisRunStatus, bool) {
	at := slices.IndexFunc(t.status.AnalysisRuns, func(r v1alpha1.ExperimentAnalysisRunStatus) bool { return r.Name == analysis })
	if at < 0 {
		return v1alpha1.ExperimentAnalysisRunStatus{}, false
	}
	return t.status.AnalysisRuns[at], true
}

// note enters an analysis that has just begun, or never can.
func (t *turn) note(now v1alpha1.ExperimentAnalysisRunStatus) {
	t.tell(movedRun(v1alpha1.ExperimentAnalysisRunStatus{Name: now.Name}, now))
	t.status.AnalysisRuns = append(t.status.AnalysisRuns, now)
}
