package analysis_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/expression"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type decision = plan.Plan[v1alpha1.AnalysisRunStatus]

// stage carries out the plans for one AnalysisRun: a cluster, a clock and backends that say what they are told to say.
type stage struct {
	now     time.Time
	run     *v1alpha1.AnalysisRun // as stored; nil once it was deleted
	asked   map[string]metric.Query
	answers []analysis.Answer
	serving map[string]func(metric.Query) analysis.Answer
	secrets map[v1alpha1.SecretKeyRef]string
	cache   *expression.Cache
	wake    time.Time
	seen    func(decision, *v1alpha1.AnalysisRunStatus)
}

func newStage(run *v1alpha1.AnalysisRun) *stage {
	return &stage{
		now: noon, run: run, asked: map[string]metric.Query{}, serving: map[string]func(metric.Query) analysis.Answer{},
		secrets: map[v1alpha1.SecretKeyRef]string{}, cache: expression.NewCache(50),
	}
}

func (s *stage) world() analysis.World {
	w := analysis.World{Run: s.run.DeepCopy(), Answers: slices.Clone(s.answers), Asked: map[string]bool{}, Expressions: s.cache}
	for name := range s.asked {
		w.Asked[name] = true
	}
	w.Secrets = map[v1alpha1.SecretKeyRef]string{}
	for _, ref := range analysis.Secrets(s.run) {
		if value, ok := s.secrets[ref]; ok {
			w.Secrets[ref] = value
		}
	}
	return w
}

// settle takes turns until one plans nothing and changes nothing.
func (s *stage) settle() error {
	for range 50 {
		if s.run == nil {
			return nil
		}
		quiet, err := s.turn()
		if quiet || err != nil {
			return err
		}
	}
	return fmt.Errorf("no end of turns at %s", s.now.Format(time.TimeOnly))
}

func (s *stage) turn() (quiet bool, err error) {
	p := analysis.Decide(s.world(), s.now)
	s.answers = nil
	s.wake = p.Wake
	for _, action := range p.Actions {
		s.do(action)
	}
	before, after := text(s.run), ""
	if s.run != nil {
		former := s.run.Status.DeepCopy()
		s.store(p.Status)
		after = text(s.run)
		if s.seen != nil && (before != after || len(p.Actions) > 0) {
			s.seen(p, former)
		}
	} else if s.seen != nil {
		s.seen(p, nil)
	}
	return before == after && len(p.Actions) == 0 && len(s.answers) == 0, nil
}

// store writes the status as an API server does: times lose their fractions.
func (s *stage) store(status v1alpha1.AnalysisRunStatus) {
	s.run.Status = status
	written := text(s.run)
	s.run = &v1alpha1.AnalysisRun{}
	if err := json.Unmarshal([]byte(written), s.run); err != nil {
		panic(err)
	}
}

func text(run *v1alpha1.AnalysisRun) string {
	written, err := json.Marshal(run)
	if err != nil {
		panic(err)
	}
	return string(written)
}

func (s *stage) do(action plan.Action) {
	if a, ok := action.(plan.Measure); ok {
		s.ask(a.Query)
	}
	if a, ok := action.(plan.StopMeasuring); ok {
		delete(s.asked, a.Query.Metric.Name)
	}
	if _, ok := action.(plan.DeleteRun); ok {
		s.run = nil
	}
}

func (s *stage) ask(q metric.Query) {
	name := q.Metric.Name
	if _, open := s.asked[name]; open {
		panic("asked while the answer is outstanding: " + name)
	}
	s.asked[name] = q
	if serve := s.serving[name]; serve != nil {
		s.answer(serve(q))
	}
}

// answer delivers what a backend says to the question that is open.
func (s *stage) answer(a analysis.Answer) {
	q, open := s.asked[a.Metric]
	if !open {
		return
	}
	a.Number, a.StartedAt, a.FinishedAt = q.Number, q.Now, s.now
	delete(s.asked, a.Metric)
	s.answers = append(s.answers, a)
}

// wait lets time pass, with a turn at each moment that a plan named.
func (s *stage) wait(d time.Duration) error {
	end := s.now.Add(d)
	for s.run != nil && !s.wake.IsZero() && !s.wake.After(end) {
		if !s.wake.After(s.now) {
			return fmt.Errorf("the plan wakes at %s, which is not later than %s", s.wake.Format(time.TimeOnly), s.now.Format(time.TimeOnly))
		}
		s.now = s.wake
		if err := s.settle(); err != nil {
			return err
		}
	}
	s.now = end
	return nil
}

// story draws one turn as one line.
func story(now time.Time, p decision, former *v1alpha1.AnalysisRunStatus) string {
	parts := []string{now.Format(time.TimeOnly) + " " + string(p.Status.Phase)}
	if p.Status.Message != "" && (former == nil || former.Message != p.Status.Message) {
		parts[0] += ": " + p.Status.Message
	}
	for _, r := range p.Status.MetricResults {
		parts = append(parts, resultText(r))
	}
	for _, a := range p.Actions {
		parts = append(parts, a.String())
	}
	for _, e := range p.Events {
		parts = append(parts, map[bool]string{true: "warning ", false: "event "}[e.Warning]+e.Reason+" ("+e.Message+")")
	}
	if p.Status.Phase.Completed() && former != nil && !former.Phase.Completed() {
		parts = append(parts, "run"+summaryText(p.Status.RunSummary))
		if dry := p.Status.DryRunSummary; dry != nil && dry.Count > 0 {
			parts = append(parts, "dry"+summaryText(*dry))
		}
	}
	if !p.Wake.IsZero() {
		parts = append(parts, "wake "+p.Wake.Format(time.TimeOnly))
	}
	return strings.Join(parts, " | ")
}

func resultText(r v1alpha1.MetricResult) string {
	words := []string{r.Name, string(r.Phase)}
	add := func(name string, n int32) {
		if n != 0 {
			words = append(words, fmt.Sprintf("%s=%d", name, n))
		}
	}
	add("count", r.Count)
	add("ok", r.Successful)
	add("failed", r.Failed)
	add("inconclusive", r.Inconclusive)
	add("error", r.Error)
	add("okInARow", r.ConsecutiveSuccess)
	add("errorsInARow", r.ConsecutiveError)
	words = append(words, fmt.Sprintf("kept=%d", len(r.Measurements)))
	if len(r.Measurements) > 0 {
		words = append(words, measurementText(r.Measurements[len(r.Measurements)-1]))
	}
	if r.Message != "" {
		words = append(words, fmt.Sprintf("%q", r.Message))
	}
	if r.DryRun {
		words = append(words, "(dry)")
	}
	return strings.Join(words, " ")
}

func measurementText(m v1alpha1.Measurement) string {
	words := []string{string(m.Phase)}
	if m.Value != "" {
		words = append(words, m.Value)
	}
	if m.Message != "" {
		words = append(words, fmt.Sprintf("%q", m.Message))
	}
	for _, key := range []string{"job-name"} {
		if m.Metadata[key] != "" {
			words = append(words, key+"="+m.Metadata[key])
		}
	}
	if m.ResumeAt != nil {
		words = append(words, "resume "+clock(m.ResumeAt))
	}
	return "last=[" + strings.Join(words, " ") + "]"
}

func clock(t *metav1.Time) string { return t.UTC().Format(time.TimeOnly) }

func summaryText(s v1alpha1.RunSummary) string {
	return fmt.Sprintf(" %d: ok=%d failed=%d inconclusive=%d error=%d", s.Count, s.Successful, s.Failed, s.Inconclusive, s.Error)
}
