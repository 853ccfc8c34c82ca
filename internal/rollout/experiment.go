package rollout

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// tried reads what the Experiment of the step at work has found since, for the same reasons as assessed.
func tried(t *turn) outcome {
	if t.status.CurrentPodHash != t.hash || t.fullyPromoted() || t.status.PromoteFull {
		return goOn
	}
	step, found := t.step(), t.experiment()
	if step == nil || step.Experiment == nil || found == nil || !t.madeForStep(found.Name) {
		t.status.Canary.CurrentExperiment = "" // the step is another one by now, or somebody deleted the Experiment
		return goOn
	}
	switch found.Status.Phase {
	case v1alpha1.AnalysisPhaseFailed, v1alpha1.AnalysisPhaseError:
		if t.status.Abort {
			break
		}
		t.status.Abort, t.failed = true, "Experiment analysis phase is error/failed"
		if found.Status.Message != "" {
			t.failed += ": " + found.Status.Message
		}
	case v1alpha1.AnalysisPhaseInconclusive:
		switch asked := t.pausedFor(v1alpha1.PauseReasonInconclusiveExperiment); {
		case asked || t.status.Abort:
		case t.status.ControllerPause: // somebody decided to go on, so it is tried anew
			t.status.Canary.CurrentExperiment = ""
		default:
			t.pause(v1alpha1.PauseReasonInconclusiveExperiment)
		}
	}
	return goOn
}

// experiment is the one that the status names, nil for none.
func (t *turn) experiment() *v1alpha1.Experiment {
	if name := t.status.Canary.CurrentExperiment; name != "" {
		if found := named(t.Experiments, name); found != nil && metav1.IsControlledBy(found, t.ro) {
			return found
		}
	}
	return nil
}

// experimented has the Experiment of the step at work run, and no other one.
func experimented(t *turn) outcome {
	wanted := t.step() != nil && t.step().Experiment != nil && !t.status.Abort && !t.fullyPromoted() && !t.status.PromoteFull && t.revisions.Stable != nil
	switch {
	case !wanted:
		t.status.Canary.CurrentExperiment = ""
	case t.status.Canary.CurrentExperiment == "" && !t.halted() && t.revisions.New != nil:
		t.startExperiment()
	}
	t.stopExperiments()
	t.trimExperiments()
	return goOn
}

// startExperiment begins one, or goes on with one of the same content that an earlier turn began and could not note.
func (t *turn) startExperiment() {
	want, err := t.makeExperiment(t.step().Experiment)
	if err != nil {
		return // the next turn's invalid says why
	}
	base := want.Name
	for i := 1; ; i++ {
		found := named(t.Experiments, want.Name)
		switch {
		case found == nil:
			t.moves.measure = append(t.moves.measure, plan.CreateExperiment{Experiment: want})
			t.tell(createdExperiment(want.Name))
		case found.Spec.Terminate || found.Status.Phase.Completed() || !metav1.IsControlledBy(found, t.ro) || !reflect.DeepEqual(found.Spec, want.Spec):
			want.Name = fmt.Sprintf("%s-%d", base, i)
			continue
		}
		t.status.Canary.CurrentExperiment = want.Name
		return
	}
}

func (t *turn) stopExperiments() {
	for _, ex := range t.ownExperiments() {
		if ex.Name != t.status.Canary.CurrentExperiment && !ex.Status.Phase.Completed() && !ex.Spec.Terminate && ex.DeletionTimestamp == nil {
			t.moves.measure = append(t.moves.measure, plan.StopExperiment{Name: ex.Name})
		}
	}
}

// trimExperiments forgets Experiments as trimRuns forgets AnalysisRuns.
func (t *turn) trimExperiments() {
	h := t.history()
	for _, ex := range t.ownExperiments() {
		if ex.Name != t.status.Canary.CurrentExperiment && ex.DeletionTimestamp == nil && h.surplus(ex.Labels, ex.Status.Phase) {
			t.moves.forget = append(t.moves.forget, plan.DeleteExperiment{Name: ex.Name})
		}
	}
}

// ownExperiments are those that the Rollout controls, the newest first.
func (t *turn) ownExperiments() []*v1alpha1.Experiment { return owned(t.Experiments, t.ro) }

// experimentName is that of the first attempt at the step at work.
func (t *turn) experimentName() string {
	return fmt.Sprintf("%s-%s-%d-%d", t.ro.Name, t.hash, t.number(), t.index())
}

// madeForStep tells whether a name is one that startExperiment gives at the step at work.
func (t *turn) madeForStep(name string) bool {
	rest, begins := strings.CutPrefix(name, t.experimentName())
	return begins && (rest == "" || rest[0] == '-')
}

// makeExperiment is the Experiment of a step, before it was created. The error is about an argument.
func (t *turn) makeExperiment(step *v1alpha1.RolloutExperimentStep) (*v1alpha1.Experiment, error) {
	ex := &v1alpha1.Experiment{
		ObjectMeta: metav1.ObjectMeta{
			Name: t.experimentName(), Namespace: t.ro.Namespace,
			Labels:          laid(maps.Clone(t.ro.Labels), map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: t.hash}),
			Annotations:     map[string]string{v1alpha1.RevisionAnnotation: strconv.FormatInt(t.number(), 10)},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(t.ro, v1alpha1.RolloutGVK)},
		},
		Spec: v1alpha1.ExperimentSpec{
			Duration: step.Duration, ProgressDeadlineSeconds: t.ro.Spec.ProgressDeadlineSeconds, ScaleDownDelaySeconds: step.ScaleDownDelaySeconds,
			DryRun: step.DryRun, AnalysisRunMetadata: step.AnalysisRunMetadata,
		},
	}
	for i := range step.Templates {
		ex.Spec.Templates = append(ex.Spec.Templates, t.experimentTemplate(&step.Templates[i]))
	}
	for _, ref := range step.Analyses {
		args, err := template.Arguments(ref.Args, t.order(wish{}))
		if err != nil {
			return nil, fmt.Errorf("analysis %s: %w", ref.Name, err)
		}
		ex.Spec.Analyses = append(ex.Spec.Analyses, v1alpha1.ExperimentAnalysisTemplateRef{
			Name: ref.Name, TemplateName: ref.TemplateName, ClusterScope: ref.ClusterScope, RequiredForCompletion: ref.RequiredForCompletion, Args: args,
		})
	}
	return ex, nil
}

// experimentTemplate is a group of pods like those of the new or of the stable revision.
func (t *turn) experimentTemplate(from *v1alpha1.RolloutExperimentTemplate) v1alpha1.TemplateSpec {
	rs := t.revisions.New
	if from.SpecRef == v1alpha1.StableSpecRef {
		rs = t.revisions.Stable
	}
	group := v1alpha1.TemplateSpec{
		Name: from.Name, Replicas: from.Replicas, MinReadySeconds: t.ro.Spec.MinReadySeconds, Service: from.Service,
		Template: *revision.WithoutHash(&rs.Spec.Template), Selector: from.Selector.DeepCopy(),
	}
	if group.Service == nil && from.Weight != nil {
		group.Service = &v1alpha1.TemplateService{} // requests need somewhere to go
	}
	if group.Selector == nil {
		group.Selector = selectorWithoutHash(rs)
		group.Selector.MatchLabels = laid(group.Selector.MatchLabels, from.Metadata.Labels)
	}
	group.Template.Labels = laid(group.Template.Labels, from.Metadata.Labels)
	if len(from.Metadata.Annotations) > 0 {
		group.Template.Annotations = laid(group.Template.Annotations, from.Metadata.Annotations)
	}
	return group
}

func selectorWithoutHash(rs *appsv1.ReplicaSet) *metav1.LabelSelector {
	selector := rs.Spec.Selector.DeepCopy()
	if selector == nil {
		selector = &metav1.LabelSelector{}
	}
	delete(selector.MatchLabels, v1alpha1.DefaultRolloutUniqueLabelKey)
	return selector
}

// experimentShares are the requests that groups of the running Experiment get: those whose pods can answer.
func (t *turn) experimentShares() []traffic.Destination {
	ex := t.experiment()
	if ex == nil || t.status.Abort || ex.Spec.Terminate || ex.Status.Phase != v1alpha1.AnalysisPhaseRunning || t.step() == nil || t.step().Experiment == nil {
		return nil
	}
	var shares []traffic.Destination
	for _, from := range t.step().Experiment.Templates {
		for _, group := range ex.Status.TemplateStatuses {
			if from.Weight != nil && group.Name == from.Name && group.ServiceName != "" && group.AvailableReplicas > 0 {
				shares = append(shares, traffic.Destination{Weight: *from.Weight, Hash: group.PodTemplateHash, Service: group.ServiceName})
			}
		}
	}
	return shares
}

// badExperiments finds steps whose shares leave nothing to stable, templates of analyses that do not exist, and arguments that cannot be
// read once the step is at work.
func (t *turn) badExperiments() field.ErrorList {
	for i, step := range t.canary.Steps {
		if step.Experiment == nil {
			continue
		}
		path := field.NewPath("spec", "strategy", "canary", "steps").Index(i).Child("experiment")
		sum := t.lastWeight(int32(i))
		for _, from := range step.Experiment.Templates {
			if from.Weight != nil {
				sum += *from.Weight
			}
		}
		if sum > t.total() {
			return field.ErrorList{field.Invalid(path.Child("templates"), sum, fmt.Sprintf("the weights of the canary and of the templates add up to more than %d: lower one", t.total()))}
		}
		for j, ref := range step.Experiment.Analyses {
			if t.Templates[ref.Ref()] == nil {
				return field.ErrorList{field.Invalid(path.Child("analyses").Index(j), ref.TemplateName, fmt.Sprintf("%s '%s' not found", template.Kind(ref.Ref()), ref.TemplateName))}
			}
		}
		if t.revisions.New == nil || t.revisions.Stable == nil || int32(i) != t.index() {
			continue
		}
		if _, err := t.makeExperiment(step.Experiment); err != nil {
			return field.ErrorList{field.Invalid(path, t.experimentName(), err.Error())}
		}
	}
	return nil
}
