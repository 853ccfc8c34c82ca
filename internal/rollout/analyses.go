package rollout

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

type (
	// wish is one analysis that the spec asks for.
	wish struct {
		block *v1alpha1.RolloutAnalysis
		role  string // one of the v1alpha1.RolloutType constants
		step  int32
		path  *field.Path
	}

	// keptRun is a place in the status that names the present run of a role.
	keptRun struct {
		role  string
		place **v1alpha1.RolloutAnalysisRunStatus
	}
)

func (k keptRun) status() *v1alpha1.RolloutAnalysisRunStatus    { return *k.place }
func (k keptRun) set(status *v1alpha1.RolloutAnalysisRunStatus) { *k.place = status }

// completed tells whether the run has its verdict.
func (k keptRun) completed() bool { return *k.place != nil && (*k.place).Status.Completed() }

// keptRuns are all such places.
func (t *turn) keptRuns() []keptRun {
	if t.blueGreen != nil {
		return []keptRun{
			{v1alpha1.RolloutTypePrePromotionLabel, &t.status.BlueGreen.PrePromotionAnalysisRunStatus},
			{v1alpha1.RolloutTypePostPromotionLabel, &t.status.BlueGreen.PostPromotionAnalysisRunStatus},
		}
	}
	return []keptRun{
		{v1alpha1.RolloutTypeStepLabel, &t.status.Canary.CurrentStepAnalysisRunStatus},
		{v1alpha1.RolloutTypeBackgroundRunLabel, &t.status.Canary.CurrentBackgroundAnalysisRunStatus},
	}
}

// dropRuns forgets the present runs: what they find no longer matters. Analysed stops them.
func (t *turn) dropRuns() {
	for _, kept := range t.keptRuns() {
		kept.set(nil)
	}
	t.status.Canary.CurrentExperiment = ""
}

// wishes are all analyses in the spec.
func (t *turn) wishes() []wish {
	if t.blueGreen != nil {
		return t.blueGreenWishes()
	}
	canary := field.NewPath("spec", "strategy", "canary")
	var all []wish
	if background := t.canary.Analysis; background != nil {
		all = append(all, wish{&background.RolloutAnalysis, v1alpha1.RolloutTypeBackgroundRunLabel, 0, canary.Child("analysis")})
	}
	for i, step := range t.canary.Steps {
		if step.Analysis != nil {
			all = append(all, wish{step.Analysis, v1alpha1.RolloutTypeStepLabel, int32(i), canary.Child("steps").Index(i).Child("analysis")})
		}
	}
	return all
}

func (t *turn) blueGreenWishes() []wish {
	blueGreen := field.NewPath("spec", "strategy", "blueGreen")
	var all []wish
	if before := t.blueGreen.PrePromotionAnalysis; before != nil {
		all = append(all, wish{before, v1alpha1.RolloutTypePrePromotionLabel, 0, blueGreen.Child("prePromotionAnalysis")})
	}
	if after := t.blueGreen.PostPromotionAnalysis; after != nil {
		all = append(all, wish{after, v1alpha1.RolloutTypePostPromotionLabel, 0, blueGreen.Child("postPromotionAnalysis")})
	}
	return all
}

// stepAnalysis is the wish of the step at work, which is an analysis.
func (t *turn) stepAnalysis() wish {
	return wish{block: t.step().Analysis, role: v1alpha1.RolloutTypeStepLabel, step: t.index()}
}

// wanted tells whether a wish is to be measured at this moment.
func (t *turn) wanted(w wish) bool {
	if t.status.Abort || t.fullyPromoted() || t.status.PromoteFull || t.revisions.Stable == nil {
		return false
	}
	switch w.role {
	case v1alpha1.RolloutTypeStepLabel:
		return t.step() != nil && t.index() == w.step
	case v1alpha1.RolloutTypePrePromotionLabel:
		return !t.fastTracked() && t.active != t.hash && (t.status.BlueGreen.PrePromotionAnalysisRunStatus != nil || t.previewComplete())
	case v1alpha1.RolloutTypePostPromotionLabel:
		return t.active == t.hash && (t.status.BlueGreen.PostPromotionAnalysisRunStatus != nil || t.saturated())
	}
	start := t.canary.Analysis.StartingStep
	return start == nil || t.index() >= *start
}

// order is a wish as the package template takes it.
func (t *turn) order(w wish) template.Order {
	ro := *t.ro
	ro.Status = t.status // what arguments read of it is what it is about to be
	return template.Order{
		Rollout: &ro, Block: w.block, Role: w.role, Step: w.step,
		Revision: t.number(), Latest: t.hash, Stable: t.status.StableRS,
		Find: func(ref v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec { return t.Templates[ref] },
	}
}

// badAnalyses finds what would keep an analysis from giving a verdict: at once, not when its step has come.
func (t *turn) badAnalyses() field.ErrorList {
	for _, w := range t.wishes() {
		err := template.Check(t.order(w))
		if err == nil && t.wanted(w) {
			_, err = template.Make(t.order(w)) // what an argument reads of the status is known only now
		}
		if err != nil {
			return field.ErrorList{field.Invalid(w.path, templateNames(w.block), err.Error())}
		}
	}
	return nil
}

func templateNames(block *v1alpha1.RolloutAnalysis) string {
	names := make([]string, len(block.Templates))
	for i, ref := range block.Templates {
		names[i] = ref.TemplateName
	}
	return strings.Join(names, ", ")
}

// analysed has measured what the present step wants judged, and nothing else.
func analysed(t *turn) outcome {
	wishes := t.wishes()
	for _, kept := range t.keptRuns() {
		at := slices.IndexFunc(wishes, func(w wish) bool { return w.role == kept.role && t.wanted(w) })
		switch {
		case at < 0 && (t.blueGreen == nil || !kept.completed()):
			kept.set(nil)
		case at < 0: // what a blue-green Rollout was judged by stays to be seen
		case kept.status() == nil && !t.halted():
			kept.set(t.startRun(wishes[at]))
		}
	}
	t.stopRuns()
	t.trimRuns()
	return goOn
}

// startRun begins a run, or goes on with one of the same errand that an earlier turn began and could not note. Nil says that it cannot
// be made: the next turn's invalid says why.
func (t *turn) startRun(w wish) *v1alpha1.RolloutAnalysisRunStatus {
	want, err := template.Make(t.order(w))
	if err != nil {
		return nil
	}
	run, fresh := template.Pick(want, t.namesake)
	if fresh {
		t.moves.measure = append(t.moves.measure, plan.CreateRun{Run: run})
	}
	return inShort(run)
}

// stopRuns ends the runs of ours that nobody waits for any more.
func (t *turn) stopRuns() {
	for _, run := range t.ownRuns() {
		if !t.kept(run) && !run.Status.Phase.Completed() && !run.Spec.Terminate && run.DeletionTimestamp == nil {
			t.moves.measure = append(t.moves.measure, plan.StopRun{Name: run.Name})
		}
	}
}

// trimRuns forgets runs whose revision is gone, and of the others the oldest beyond the limits.
func (t *turn) trimRuns() {
	h := t.history()
	for _, run := range t.ownRuns() {
		if !t.kept(run) && run.DeletionTimestamp == nil && h.surplus(run.Labels, run.Status.Phase) {
			t.moves.forget = append(t.moves.forget, plan.DeleteRun{Name: run.Name})
		}
	}
}

// history counts down what may be kept of finished runs or Experiments.
type history struct {
	turn      *turn
	good, bad int32
}

func (t *turn) history() *history {
	return &history{t, v1alpha1.SuccessfulRunHistoryLimit(t.ro), v1alpha1.UnsuccessfulRunHistoryLimit(t.ro)}
}

// surplus tells whether one with these labels and this phase is to go. It is asked for the newest first.
func (h *history) surplus(labels map[string]string, phase v1alpha1.AnalysisPhase) bool {
	left := &h.bad
	switch {
	case !h.turn.hasRevision(labels[v1alpha1.DefaultRolloutUniqueLabelKey]):
		return true
	case !phase.Completed():
		return false
	case phase == v1alpha1.AnalysisPhaseSuccessful:
		left = &h.good
	}
	*left--
	return *left < 0
}

// hasRevision tells whether a ReplicaSet of that hash is going to stay.
func (t *turn) hasRevision(hash string) bool {
	if t.birth != nil && hash == t.hash {
		return true
	}
	return slices.ContainsFunc(t.revisions.All(), func(rs *appsv1.ReplicaSet) bool {
		return revision.HashOf(rs) == hash && rs.DeletionTimestamp == nil && !slices.Contains(t.moves.forget, plan.Action(plan.DeleteReplicaSet{Name: rs.Name}))
	})
}

// ownRuns are the runs that the Rollout controls, the newest first.
func (t *turn) ownRuns() []*v1alpha1.AnalysisRun { return owned(t.Runs, t.ro) }

// owned are those of a list that a Rollout controls, the newest first.
func owned[T metav1.Object](all []T, ro *v1alpha1.Rollout) []T {
	own := slices.DeleteFunc(slices.Clone(all), func(object T) bool { return !metav1.IsControlledBy(object, ro) })
	slices.SortFunc(own, func(a, b T) int { return newestFirst(a, b) })
	return own
}

// named is the one of that name in a list, whoever owns it; nil for none.
func named[T metav1.Object](all []T, name string) (found T) {
	at := slices.IndexFunc(all, func(object T) bool { return object.GetName() == name })
	if at < 0 {
		return found
	}
	return all[at]
}

func newestFirst(a, b metav1.Object) int {
	former, latter := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if order := latter.Compare(former.Time); order != 0 {
		return order
	}
	return strings.Compare(b.GetName(), a.GetName())
}

func (t *turn) kept(run *v1alpha1.AnalysisRun) bool {
	return slices.ContainsFunc(t.keptRuns(), func(k keptRun) bool { return k.status() != nil && k.status().Name == run.Name })
}

// run is the one of that name that is ours; nil for none.
func (t *turn) run(name string) *v1alpha1.AnalysisRun {
	if run := t.namesake(name); run != nil && metav1.IsControlledBy(run, t.ro) {
		return run
	}
	return nil
}

// namesake is the run of that name, whoever owns it; nil for none.
func (t *turn) namesake(name string) *v1alpha1.AnalysisRun { return named(t.Runs, name) }

// awaitedRun is the run whose verdict is waited for now; nil for none.
func (t *turn) awaitedRun() *v1alpha1.RolloutAnalysisRunStatus {
	for _, kept := range t.keptRuns() {
		if kept.role != v1alpha1.RolloutTypeBackgroundRunLabel && kept.status() != nil && !kept.completed() {
			return kept.status()
		}
	}
	return nil
}

// whyAnalysing says what the run of the step at work has measured so far.
func (t *turn) whyAnalysing(kept *v1alpha1.RolloutAnalysisRunStatus) plan.Why {
	why := plan.Why{
		Sentence:   fmt.Sprintf("Waiting for the verdict of AnalysisRun %s.", kept.Name),
		Next:       t.nextStep(),
		WaitingFor: []plan.Wait{{Kind: plan.WaitVerdict, Object: "AnalysisRun " + kept.Name}},
	}
	run := t.run(kept.Name)
	if run == nil {
		return why
	}
	var found []string
	for _, r := range run.Status.MetricResults {
		found = append(found, fmt.Sprintf("%s measured %d times, %d good", r.Name, r.Count+r.Error, r.Successful))
	}
	why.WaitingFor[0].Detail = strings.Join(found, "; ")
	return why
}
