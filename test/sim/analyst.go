package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/rollout"
)

var runKind = schema.GroupKind{Group: v1alpha1.GroupName, Kind: v1alpha1.AnalysisRunKind}

// Backend is what is answered to whoever measures: a value, or a problem. The zero Backend is one that never answers.
type Backend struct {
	Value   any
	Problem string
	Answers bool
}

// analyse lets the AnalysisRuns catch up with the present moment. The decisions are those of package analysis; backends answer at once.
func (w *World) analyse() {
	w.measureAt = time.Time{}
	for _, which := range w.Server.of(runKind) {
		w.analyseRun(which)
	}
}

func (w *World) analyseRun(which id) {
	var answers []analysis.Answer
	for {
		run, ok := w.known(which, &v1alpha1.AnalysisRun{}).(*v1alpha1.AnalysisRun)
		if !ok {
			return
		}
		decision := analysis.Decide(analysis.World{Run: run.DeepCopy(), Answers: answers, Asked: w.unanswered(run)}, w.Clock)
		answers = nil
		for _, action := range decision.Actions {
			if _, over := action.(plan.DeleteRun); over {
				w.Server.drop(which)
				return
			}
			if measure, ok := action.(plan.Measure); ok {
				answers = append(answers, w.answer(measure.Query)...)
			}
		}
		w.record(which, decision.Status)
		if len(answers) == 0 {
			w.measureAt = plan.Sooner(w.measureAt, decision.Wake)
			return
		}
	}
}

// unanswered are the metrics whose backends never answer: once asked, they stay so.
func (w *World) unanswered(run *v1alpha1.AnalysisRun) map[string]bool {
	asked := map[string]bool{}
	for _, m := range run.Spec.Metrics {
		if run.Status.Phase != "" && !w.Backends[m.Name].Answers {
			asked[m.Name] = true
		}
	}
	return asked
}

func (w *World) answer(q metric.Query) []analysis.Answer {
	backend := w.Backends[q.Metric.Name]
	if !backend.Answers {
		return nil
	}
	text, _ := json.Marshal(backend.Value)
	return []analysis.Answer{{
		Metric: q.Metric.Name, Number: q.Number, Problem: backend.Problem,
		Measurement: metric.Measurement{Value: backend.Value, Text: string(text)}, StartedAt: w.Clock, FinishedAt: w.Clock,
	}}
}

func (w *World) record(which id, status v1alpha1.AnalysisRunStatus) {
	loose, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&status)
	if err == nil {
		err = w.Server.Edit(which, func(object map[string]any) { object["status"] = loose })
	}
	if err != nil {
		panic(err) // the run was read a moment ago
	}
}

// Runs are all AnalysisRuns by name, not to be changed.
func (w *World) Runs() []*v1alpha1.AnalysisRun {
	var found []*v1alpha1.AnalysisRun
	for _, which := range w.Server.of(runKind) {
		found = append(found, w.known(which, &v1alpha1.AnalysisRun{}).(*v1alpha1.AnalysisRun))
	}
	return found
}

// isCondemned tells whether a run that the status names says that the present template is bad.
func isCondemned(seen rollout.World) bool {
	named := map[string]bool{}
	for _, kept := range []*v1alpha1.RolloutAnalysisRunStatus{seen.Rollout.Status.Canary.CurrentStepAnalysisRunStatus, seen.Rollout.Status.Canary.CurrentBackgroundAnalysisRunStatus} {
		if kept != nil {
			named[kept.Name] = true
		}
	}
	return slices.ContainsFunc(seen.Runs, func(run *v1alpha1.AnalysisRun) bool {
		bad := run.Status.Phase == v1alpha1.AnalysisPhaseFailed || run.Status.Phase == v1alpha1.AnalysisPhaseError
		return bad && named[run.Name] && metav1.IsControlledBy(run, seen.Rollout)
	})
}

// answers sets what a metric's backend says from now on: "METRIC nothing", "METRIC error TEXT" or "METRIC VALUE", a JSON value.
func (s *Script) answers(rest string) error {
	name, what, _ := strings.Cut(rest, " ")
	backend := Backend{Answers: true}
	problem, isProblem := strings.CutPrefix(what, "error ")
	switch {
	case what == "nothing":
		backend.Answers = false
	case isProblem:
		backend.Problem = problem
	default:
		value, err := jsonValue(what)
		if err != nil {
			return fmt.Errorf("what %s answers: %w", name, err)
		}
		backend.Value = value
	}
	s.World.Backends[name] = backend
	return nil
}

// jsonValue reads a value as backends hand it on: a list of numbers is a list of float64.
func jsonValue(text string) (any, error) {
	var numbers []float64
	if json.Unmarshal([]byte(text), &numbers) == nil {
		return numbers, nil
	}
	var value any
	err := json.Unmarshal([]byte(text), &value)
	return value, err
}
