package experiment

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
	"github.com/kanari-dev/kanari/internal/plan"
)

// invalid stops an Experiment whose spec cannot be followed. What runs, runs on, with two exceptions: somebody ends it, or an analysis
// has found that it must end.
func invalid(t *turn) outcome {
	if t.ended() {
		return goOn
	}
	problems := v1alpha1.ValidateExperiment(t.ex)
	if len(problems) == 0 {
		t.drop(v1alpha1.InvalidExperimentSpec)
		return goOn
	}
	message := fmt.Sprintf("The Experiment %q is invalid: %s", t.ex.Name, problems[0])
	t.renew(condition(v1alpha1.InvalidExperimentSpec, corev1.ConditionTrue, string(v1alpha1.InvalidExperimentSpec), message))
	if t.ex.Spec.Terminate {
		return goOn
	}
	if found := t.findings(); found.phase.Completed() && found.phase != v1alpha1.AnalysisPhaseSuccessful {
		t.enter(found.phase, found.message)
		t.explain()
		return enough
	}
	t.why = plan.Why{
		Sentence: message, Next: "Nothing changes until somebody mends the spec, or ends it by spec.terminate.",
		WaitingFor: []plan.Wait{{Kind: plan.WaitPerson, Object: "Experiment " + t.ex.Name}},
	}
	return enough
}

// checked finds analyses that cannot begin. Pods would run for nothing, and as long as nobody looks.
func checked(t *turn) outcome {
	if t.ending() {
		return goOn
	}
	for i := range t.ex.Spec.Analyses {
		a := &t.ex.Spec.Analyses[i]
		if _, begun := t.found(a.Name); begun {
			continue
		}
		run, problem := t.make(a)
		if problem != "" {
			t.note(v1alpha1.ExperimentAnalysisRunStatus{Name: a.Name, Phase: v1alpha1.AnalysisPhaseError, Message: problem})
			continue
		}
		t.wanted = append(t.wanted, wanted{analysis: a.Name, run: run})
	}
	return goOn
}

// make is the run of an analysis, before it was created, or why there can be none.
func (t *turn) make(a *v1alpha1.ExperimentAnalysisTemplateRef) (run *v1alpha1.AnalysisRun, problem string) {
	if _, err := template.Flatten([]v1alpha1.AnalysisTemplateRef{a.Ref()}, t.lookUp); err != nil {
		return nil, fmt.Sprintf("%s verification failed for analysis '%s': %s", template.Kind(a.Ref()), a.Name, err)
	}
	run, err := template.MakeTrial(template.Trial{Experiment: t.ex, Analysis: a, Tags: t.tags(), Find: t.lookUp})
	if err != nil {
		return nil, fmt.Sprintf("Failed to create AnalysisRun for analysis '%s': %s", a.Name, err)
	}
	return run, ""
}

func (t *turn) lookUp(ref v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec {
	return t.Templates[ref]
}

// tags are what an analysis may ask about the Experiment. Times are RFC 3339 in UTC; before all groups run they are those of this moment.
func (t *turn) tags() map[string]string {
	begun := t.now
	if at := t.ex.Status.AvailableAt; at != nil {
		begun = at.Time
	}
	tags := map[string]string{"experiment.availableAt": begun.UTC().Format(time.RFC3339)}
	if duration, limited := v1alpha1.ExperimentDuration(t.ex); limited {
		tags["experiment.finishedAt"] = begun.Add(duration).UTC().Format(time.RFC3339)
	}
	for _, g := range t.groups {
		tags["templates."+g.name+".podTemplateHash"] = g.status.PodTemplateHash
		if set := g.present(); set != nil {
			tags["templates."+g.name+".podTemplateHash"] = set.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
			tags["templates."+g.name+".replicaset.name"] = set.Name
		}
	}
	return tags
}
