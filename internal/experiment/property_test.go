package experiment_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/experiment"
)

// TestLaws lets any Experiment meet any pods, runs, people and deaths of the controller, and holds the laws after each of them.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage(anyExperiment(t))
		s.templates[v1alpha1.AnalysisTemplateRef{TemplateName: "rate"}] = &v1alpha1.AnalysisTemplateSpec{
			Metrics: []v1alpha1.Metric{{Name: "rate", Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: "up"}}}},
		}
		law := &laws{stage: s}
		s.seen = func(decision, *v1alpha1.ExperimentStatus) { law.check(t) }
		then := func(happens func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "dies") == 0 {
					s.dies = rapid.IntRange(0, 4).Draw(t, "after")
				}
				happens(t)
				law.settle(t)
			}
		}
		then(func(*rapid.T) {})(t)
		t.Repeat(map[string]func(*rapid.T){
			"pods":    then(s.anyPods),
			"runs":    then(s.anyVerdict),
			"wait":    then(s.anyWait),
			"people":  then(law.anyPerson),
			"vandals": then(s.anyLoss),
			"":        law.check,
		})
	})
}

// laws hold at every moment.
type laws struct {
	*stage
	before *v1alpha1.ExperimentStatus
	over   time.Time // when the verdict was first seen
}

func (l *laws) settle(t *rapid.T) {
	if err := l.stage.settle(); err != nil {
		t.Fatal(err)
	}
	world, untouched := l.world(), l.world()
	p := experiment.Decide(world, l.now)
	if diff := cmp.Diff(untouched, world); diff != "" {
		t.Fatalf("Decide changed its argument:\n%s", diff)
	}
	if len(p.Actions) > 0 || len(p.Events) > 0 || cmp.Diff(l.ex.Status, p.Status) != "" {
		t.Fatalf("nothing is due, and this is planned: %s", story(l.now, p, &l.ex.Status))
	}
	if diff := cmp.Diff(p, experiment.Decide(l.world(), l.now)); diff != "" {
		t.Fatalf("the same world, another plan:\n%s", diff)
	}
	if !p.Wake.IsZero() && !p.Wake.After(l.now) {
		t.Fatalf("it wakes in the past: %s", p.Wake)
	}
	if p.Why.Sentence == "" {
		t.Fatal("it says nothing")
	}
	if l.ex.Status.Phase.Completed() {
		l.checkEnd(t, p)
		return
	}
	l.over = time.Time{}
	if p.Wake.IsZero() && len(p.Why.WaitingFor) == 0 {
		t.Fatalf("it waits for nothing: %s", p.Why.Sentence)
	}
	for _, wait := range p.Why.WaitingFor {
		if wait.Object == "" && wait.Until.IsZero() {
			t.Fatalf("it waits for something without a name: %v", wait)
		}
		if limit := wait.Until.Add(time.Second); !wait.Until.IsZero() && (p.Wake.IsZero() || p.Wake.After(limit)) {
			t.Fatalf("it waits until %s and does not wake before %s", wait.Until, p.Wake)
		}
	}
}

// checkEnd holds what an Experiment leaves behind.
func (l *laws) checkEnd(t *rapid.T, p decision) {
	if l.over.IsZero() {
		l.over = l.now
	}
	delay := v1alpha1.ExperimentScaleDownDelay(l.ex)
	for name, rs := range l.sets {
		if ours := metav1.IsControlledBy(rs, l.ex); !ours || *rs.Spec.Replicas == 0 {
			continue
		}
		if p.Wake.IsZero() || l.now.After(l.over.Add(delay+time.Second)) {
			t.Fatalf("it ended at %s and ReplicaSet %s has pods", l.over, name)
		}
	}
	for name, service := range l.services {
		if l.setsEmpty() && metav1.IsControlledBy(service, l.ex) {
			t.Fatalf("it ended, its pods have gone, and Service %s stays", name)
		}
	}
	for name, run := range l.runs {
		if !run.Status.Phase.Completed() && !run.Spec.Terminate {
			t.Fatalf("it ended and AnalysisRun %s measures", name)
		}
	}
}

func (l *laws) setsEmpty() bool {
	for _, rs := range l.sets {
		if *rs.Spec.Replicas > 0 {
			return false
		}
	}
	return true
}

func (l *laws) check(t *rapid.T) {
	now := l.ex.Status.DeepCopy()
	if rs := l.sets["try-t0-1"]; rs != nil && !metav1.IsControlledBy(rs, l.ex) {
		t.Fatal("a foreign ReplicaSet was taken over")
	}
	if service := l.services["mine"]; service != nil && len(service.Spec.Selector) > 0 && !metav1.IsControlledBy(service, l.ex) {
		t.Fatal("a foreign Service was written to")
	}
	if len(l.runs) > 0 && now.AvailableAt == nil && l.before != nil && l.before.AvailableAt != nil {
		t.Fatal("it has forgotten when all groups ran")
	}
	if was := l.before; was != nil && was.Phase.Completed() {
		if was.Phase != now.Phase || was.Message != now.Message {
			t.Fatalf("a verdict changed from %s to %s", was.Phase, now.Phase)
		}
	}
	if l.before != nil {
		for _, was := range l.before.TemplateStatuses {
			at := slices.IndexFunc(now.TemplateStatuses, func(s v1alpha1.TemplateStatus) bool { return s.Name == was.Name })
			if at >= 0 && was.Status.Completed() && was.Status != now.TemplateStatuses[at].Status {
				t.Fatalf("group %s had ended as %s and is %s", was.Name, was.Status, now.TemplateStatuses[at].Status)
			}
		}
	}
	l.before = now
}

// anyPods lets some pods become ready or break.
func (s *stage) anyPods(t *rapid.T) {
	for _, name := range slices.Sorted(maps.Keys(s.sets)) {
		s.ready(s.sets[name], rapid.Int32Range(0, *s.sets[name].Spec.Replicas).Draw(t, "ready of "+name))
	}
}

// anyVerdict lets a run get on.
func (s *stage) anyVerdict(t *rapid.T) {
	for _, name := range slices.Sorted(maps.Keys(s.runs)) {
		if run := s.runs[name]; !run.Status.Phase.Completed() && rapid.Bool().Draw(t, "moves "+name) {
			s.end(run, rapid.SampledFrom([]v1alpha1.AnalysisPhase{"Pending", "Running", "Successful", "Successful", "Failed", "Error", "Inconclusive"}).Draw(t, "phase"), "words")
		}
	}
}

func (s *stage) anyWait(t *rapid.T) {
	if err := s.wait(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second); err != nil {
		t.Fatal(err)
	}
}

// anyPerson does what people do to Experiments.
func (l *laws) anyPerson(t *rapid.T) {
	spec := &l.ex.Spec
	switch rapid.SampledFrom([]string{"terminate", "retry", "scale", "duration", "break", "service", "drop a template"}).Draw(t, "does") {
	case "terminate":
		spec.Terminate = rapid.Bool().Draw(t, "terminate")
	case "retry":
		if l.ex.Status.Phase.Completed() {
			l.ex.Status, l.before, l.over = v1alpha1.ExperimentStatus{}, nil, time.Time{}
		}
	case "scale":
		spec.Templates[0].Replicas = new(rapid.Int32Range(0, 3).Draw(t, "replicas"))
	case "duration":
		spec.Duration = rapid.SampledFrom([]v1alpha1.DurationString{"", "0s", "20s", "5m"}).Draw(t, "duration")
	case "break":
		spec.Duration = "soon"
	case "service":
		spec.Templates[0].Service = rapid.SampledFrom([]*v1alpha1.TemplateService{nil, {}, {Name: "mine"}, {Name: "other"}}).Draw(t, "service")
	case "drop a template":
		spec.Templates = spec.Templates[:1]
	}
}

// anyLoss takes something away, or puts something in the way.
func (s *stage) anyLoss(t *rapid.T) {
	switch rapid.SampledFrom([]string{"set", "service", "run", "foreign"}).Draw(t, "what") {
	case "set":
		delete(s.sets, rapid.SampledFrom([]string{"try-t0", "try-t1"}).Draw(t, "name"))
	case "service":
		delete(s.services, rapid.SampledFrom([]string{"try-t0", "mine", "other"}).Draw(t, "name"))
	case "run":
		delete(s.runs, rapid.SampledFrom([]string{"try-a0", "try-a1"}).Draw(t, "name"))
	case "foreign":
		if s.services["mine"] == nil {
			s.services["mine"] = &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}
		}
		if s.sets["try-t0"] == nil {
			s.sets["try-t0"] = &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "try-t0"}, Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(0))}}
		}
	}
}

func anyExperiment(t *rapid.T) *v1alpha1.Experiment {
	ex := &v1alpha1.Experiment{ObjectMeta: metav1.ObjectMeta{Name: "try", Namespace: "shop"}}
	labels := map[string]string{"app": "web"}
	for i := range rapid.IntRange(1, 2).Draw(t, "templates") {
		ex.Spec.Templates = append(ex.Spec.Templates, v1alpha1.TemplateSpec{
			Name: fmt.Sprintf("t%d", i), Replicas: new(rapid.Int32Range(0, 2).Draw(t, "replicas")),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:1", Ports: []corev1.ContainerPort{{ContainerPort: 80}}}}},
			},
		})
	}
	ex.Spec.Templates[0].Service = rapid.SampledFrom([]*v1alpha1.TemplateService{nil, {}, {Name: "mine"}}).Draw(t, "service")
	for i := range rapid.IntRange(0, 2).Draw(t, "analyses") {
		ex.Spec.Analyses = append(ex.Spec.Analyses, v1alpha1.ExperimentAnalysisTemplateRef{
			Name: fmt.Sprintf("a%d", i), TemplateName: "rate", RequiredForCompletion: rapid.Bool().Draw(t, "required"),
		})
	}
	ex.Spec.Duration = rapid.SampledFrom([]v1alpha1.DurationString{"", "", "0s", "20s", "5m"}).Draw(t, "duration")
	ex.Spec.ProgressDeadlineSeconds = rapid.SampledFrom([]*int32{nil, new(int32(10)), new(int32(60))}).Draw(t, "deadline")
	ex.Spec.ScaleDownDelaySeconds = rapid.SampledFrom([]*int32{nil, new(int32(0)), new(int32(45))}).Draw(t, "delay")
	return ex
}
