package experiment_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/experiment"
	"github.com/kanari-dev/kanari/internal/plan"
)

// noon is not a whole second: what is stored loses the fraction.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 4e8, time.UTC)

type decision = plan.Plan[v1alpha1.ExperimentStatus]

// stage carries out the plans for one Experiment: a cluster whose pods and runs do what they are told, and a clock.
type stage struct {
	now       time.Time
	ex        *v1alpha1.Experiment
	sets      map[string]*appsv1.ReplicaSet
	services  map[string]*corev1.Service
	runs      map[string]*v1alpha1.AnalysisRun
	templates map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec

	dies int  // the next turn dies after that many writes; less than zero: it does not
	lags bool // whoever makes pods is slow

	blind bool // the controller is not there
	wake  time.Time
	seen  func(decision, *v1alpha1.ExperimentStatus)
}

func newStage(ex *v1alpha1.Experiment) *stage {
	ex.UID = "e-1"
	return &stage{
		now: noon, ex: ex, dies: -1,
		sets: map[string]*appsv1.ReplicaSet{}, services: map[string]*corev1.Service{}, runs: map[string]*v1alpha1.AnalysisRun{},
		templates: map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec{},
	}
}

func (s *stage) world() experiment.World {
	w := experiment.World{Experiment: s.ex.DeepCopy(), Templates: s.templates}
	for _, name := range slices.Sorted(maps.Keys(s.sets)) {
		w.ReplicaSets = append(w.ReplicaSets, s.sets[name].DeepCopy())
	}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		w.Services = append(w.Services, s.services[name].DeepCopy())
	}
	for _, name := range slices.Sorted(maps.Keys(s.runs)) {
		w.Runs = append(w.Runs, s.runs[name].DeepCopy())
	}
	return w
}

// settle takes turns until one plans nothing and changes nothing.
func (s *stage) settle() error {
	if s.blind {
		return nil
	}
	for range 50 {
		quiet, err := s.turn()
		if quiet || err != nil {
			return err
		}
	}
	return fmt.Errorf("no end of turns at %s", s.now.Format(time.TimeOnly))
}

func (s *stage) turn() (quiet bool, err error) {
	p := experiment.Decide(s.world(), s.now)
	former := s.ex.Status.DeepCopy()
	if s.dies >= 0 && s.dies <= len(p.Actions) {
		p.Actions, p.Events, p.Status = p.Actions[:s.dies], nil, *former
		s.dies = -1
		return false, s.carryOut(p, former)
	}
	if err := s.carryOut(p, former); err != nil {
		return false, err
	}
	return len(p.Actions) == 0 && text(former) == text(&s.ex.Status), nil
}

func (s *stage) carryOut(p decision, former *v1alpha1.ExperimentStatus) error {
	for _, action := range p.Actions {
		if err := s.do(action); err != nil {
			return err
		}
	}
	s.wake = p.Wake
	s.store(p.Status)
	s.control()
	if s.seen != nil && (len(p.Actions) > 0 || text(former) != text(&s.ex.Status)) {
		s.seen(p, former)
	}
	return nil
}

// store writes the status as an API server does: times lose their fractions, and any change is a new generation, for the status is a
// plain field.
func (s *stage) store(status v1alpha1.ExperimentStatus) {
	written := text(&status)
	if written != text(&s.ex.Status) {
		s.ex.Generation++
	}
	s.ex.Status = v1alpha1.ExperimentStatus{}
	if err := json.Unmarshal([]byte(written), &s.ex.Status); err != nil {
		panic(err)
	}
}

func text(value any) string {
	written, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(written)
}

func (s *stage) do(action plan.Action) error {
	switch a := action.(type) {
	case plan.CreateReplicaSet:
		if s.sets[a.ReplicaSet.Name] != nil {
			return fmt.Errorf("ReplicaSet %s exists already", a.ReplicaSet.Name)
		}
		born := a.ReplicaSet.DeepCopy()
		born.CreationTimestamp = metav1.NewTime(s.now)
		s.sets[born.Name] = born
	case plan.UpdateReplicaSet:
		if a.Replicas != nil && *a.Replicas == 0 && s.needs(s.sets[a.Name]) {
			return fmt.Errorf("%s: the pods go, and nothing that is stored says why", a)
		}
		edit(s.sets[a.Name], a)
	case plan.CreateService:
		if s.services[a.Service.Name] != nil {
			return fmt.Errorf("Service %s exists already", a.Service.Name)
		}
		s.services[a.Service.Name] = a.Service.DeepCopy()
	case plan.DeleteService:
		delete(s.services, a.Name)
	case plan.CreateRun:
		if s.ex.Status.AvailableAt == nil {
			return fmt.Errorf("%s: before all groups run", a)
		}
		if s.runs[a.Run.Name] != nil {
			return fmt.Errorf("AnalysisRun %s exists already", a.Run.Name)
		}
		s.runs[a.Run.Name] = a.Run.DeepCopy()
	case plan.StopRun:
		s.runs[a.Name].Spec.Terminate = true
	default:
		return fmt.Errorf("nobody can carry out %s", a)
	}
	return nil
}

// needs tells whether, as far as anything stored tells, a ReplicaSet is to keep its pods.
func (s *stage) needs(rs *appsv1.ReplicaSet) bool {
	if s.ex.Spec.Terminate || s.ex.Status.Phase.Completed() {
		return false
	}
	return slices.ContainsFunc(s.ex.Spec.Templates, func(t v1alpha1.TemplateSpec) bool {
		return t.Name == rs.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey] && v1alpha1.TemplateReplicas(&t) > 0
	})
}

func edit(rs *appsv1.ReplicaSet, a plan.UpdateReplicaSet) {
	rs.Generation++
	if a.Replicas != nil {
		rs.Spec.Replicas = a.Replicas
	}
	for key, value := range a.Annotations {
		if value == nil {
			delete(rs.Annotations, key)
			continue
		}
		rs.Annotations[key] = *value
	}
}

// control is what the cluster does by itself: pods are created and removed at once, and become ready when they are told to.
func (s *stage) control() {
	if s.lags {
		return
	}
	for _, rs := range s.sets {
		rs.Status.Replicas, rs.Status.ObservedGeneration = *rs.Spec.Replicas, rs.Generation
		s.ready(rs, min(rs.Status.AvailableReplicas, rs.Status.Replicas))
	}
}

func (s *stage) ready(rs *appsv1.ReplicaSet, pods int32) {
	rs.Status.ReadyReplicas, rs.Status.AvailableReplicas = pods, pods
}

// end gives a run its verdict.
func (s *stage) end(run *v1alpha1.AnalysisRun, phase v1alpha1.AnalysisPhase, message string) {
	run.Status.Phase, run.Status.Message = phase, message
}

// wait lets time pass, with a turn at each moment that a plan named.
func (s *stage) wait(d time.Duration) error {
	end := s.now.Add(d)
	for !s.blind && !s.wake.IsZero() && !s.wake.After(end) {
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
