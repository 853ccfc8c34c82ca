package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

const (
	blue  = "kanari.dev/demo:blue"
	green = "kanari.dev/demo:green"
)

// twoVersions are groups of both versions, one with a Service named after its ReplicaSet and one with a Service of a name of its own.
func twoVersions() []Group {
	return []Group{
		{Name: "baseline", Image: blue, Replicas: 1, More: "service: {},"},
		{Name: "canary", Image: green, Replicas: 2, More: "service: {name: canary},"},
	}
}

func TestExperimentOfTwoVersions(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.rated("rate", rate(NewBackend(t), "count: 2,"))
	s.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "backend"}, StringData: map[string]string{"token": "x"}})
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{
		"duration: 3s", "scaleDownDelaySeconds: 1",
		`analyses: [{name: rate, templateName: rate, args: [{name: hash, value: "{{templates.canary.podTemplateHash}}"},
    {name: kept, valueFrom: {secretKeyRef: {name: backend, key: token}}}]}]`,
	}})
	first := s.Await("a phase", func(now *State) bool { ex := now.experiment("try"); return ex != nil && ex.Status.Phase != "" })
	if phase := first.experiment("try").Status.Phase; phase != v1alpha1.AnalysisPhasePending {
		t.Errorf("the first phase is %s, want Pending", phase)
	}
	s.AwaitExperiment("try", v1alpha1.AnalysisPhaseRunning)
	s.hasWhatItAskedFor()

	run := s.AwaitRun("try-rate", v1alpha1.AnalysisPhaseSuccessful)
	hash := s.state.object("ReplicaSet", "try-canary").GetLabels()[v1alpha1.DefaultRolloutUniqueLabelKey]
	if got := *run.Spec.Args[0].Value; got != hash || run.Spec.Args[1].ValueFrom == nil || !metav1.IsControlledBy(run, s.state.experiment("try")) {
		t.Errorf("the run is %+v, want it to be told of %s, and of a Secret", run.Spec, hash)
	}
	ended := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseSuccessful)
	if lasted := time.Since(ended.Status.AvailableAt.Time); lasted < 3*time.Second {
		t.Errorf("it ended %s after its pods were there, want 3s", lasted)
	}
	if pods := len(s.state.all("Pod")); pods != 3 {
		t.Errorf("at its end it has %d pods, want all 3 until the delay is over", pods)
	}
	now := s.awaitTidy("try")
	for _, name := range []string{"try-baseline", "try-canary"} {
		if rs := read[appsv1.ReplicaSet](now.object("ReplicaSet", name)); rs == nil || *rs.Spec.Replicas != 0 {
			t.Errorf("the ReplicaSet %s is %+v, want it empty", name, rs)
		}
	}
	told := []string{
		"Normal AnalysisRunPending", "Normal AnalysisRunRunning", "Normal AnalysisRunSuccessful",
		"Normal ExperimentPending", "Normal ExperimentRunning", "Normal ExperimentSuccessful", "Normal ScalingReplicaSet",
		"Normal TemplateProgressing", "Normal TemplateRunning", "Normal TemplateSuccessful",
	}
	s.Await("the events", func(now *State) bool { return slices.Equal(now.reasonsOf("Experiment", "try"), told) })
}

// hasWhatItAskedFor looks at the ReplicaSets and Services of twoVersions.
func (s *Scene) hasWhatItAskedFor() {
	s.Helper()
	s.CatchUp()
	ex, hashes := s.state.experiment("try"), map[string]bool{}
	for set, service := range map[string]string{"try-baseline": "try-baseline", "try-canary": "canary"} {
		rs, serves := read[appsv1.ReplicaSet](s.state.object("ReplicaSet", set)), s.state.service(service)
		if rs == nil || serves == nil || !metav1.IsControlledBy(rs, ex) || !metav1.IsControlledBy(serves, ex) {
			s.Fatalf("ReplicaSet %s is %+v and Service %s %+v", set, rs, service, serves)
		}
		hash := rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
		if hashes[hash] = true; hash == "" || s.state.selected(service) != hash {
			s.Errorf("Service %s selects %q, want the pods of %s, %q", service, s.state.selected(service), set, hash)
		}
		if port := serves.Spec.Ports[0].Port; port != 80 {
			s.Errorf("Service %s has port %d, want the container's, 80", service, port)
		}
	}
	if len(hashes) != 2 {
		s.Errorf("the groups share a hash: %v", hashes)
	}
}

func TestExperimentWithABadAnalysis(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	backend := NewBackend(t)
	s.rated("rate", rate(backend, ""))
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{
		"duration: 1h", "scaleDownDelaySeconds: 0", "analyses: [{name: rate, templateName: rate}]",
	}})
	s.AwaitRun("try-rate", v1alpha1.AnalysisPhaseRunning)
	backend.Rate(0.5)
	ex := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseFailed)
	if want := `Metric "rate" assessed Failed due to failed (1) > failureLimit (0)`; ex.Status.Message != want {
		t.Errorf("it says %q, want %q", ex.Status.Message, want)
	}
	s.awaitTidy("try")
	s.Await("the alarm", func(now *State) bool {
		return slices.Contains(now.reasonsOf("Experiment", "try"), "Warning ExperimentFailed")
	})
}

func TestExperimentWhosePodsNeverCome(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	groups := append(twoVersions(), Group{Name: "broken", Image: "kanari.dev/demo:does-not-exist", Replicas: 1})
	s.Try(Trial{Name: "try", Groups: groups, More: []string{"progressDeadlineSeconds: 2", "scaleDownDelaySeconds: 0"}})
	ex := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseFailed)
	if want := "Template 'broken' exceeded its progressDeadlineSeconds (2)"; ex.Status.Message != want {
		t.Errorf("it says %q, want %q", ex.Status.Message, want)
	}
	s.awaitTidy("try")
}

func TestExperimentThatSomebodyEnds(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.rated("rate", rate(NewBackend(t), ""))
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{"scaleDownDelaySeconds: 0", "analyses: [{name: rate, templateName: rate}]"}})
	s.AwaitRun("try-rate", v1alpha1.AnalysisPhaseRunning)
	s.Merge(&v1alpha1.Experiment{}, "try", map[string]any{"spec": map[string]any{"terminate": true}})
	s.AwaitExperiment("try", v1alpha1.AnalysisPhaseSuccessful)
	if said := s.AwaitRun("try-rate", v1alpha1.AnalysisPhaseSuccessful).Status.Message; said != "Run Terminated" {
		t.Errorf("its run says %q, want Run Terminated", said)
	}
	s.awaitTidy("try")
}

// The moments at which the controller of an Experiment dies.
func deathsOfAnExperiment() []moment {
	phase := func(phase v1alpha1.AnalysisPhase) func(*State) bool {
		return func(now *State) bool { return now.experiment("try").Status.Phase == phase }
	}
	return []moment{
		{"the first ReplicaSet is there", func(now *State) bool { return now.object("ReplicaSet", "try-baseline") != nil }},
		{"all groups run", phase(v1alpha1.AnalysisPhaseRunning)},
		{"the run is there", func(now *State) bool { return now.run("try-rate") != nil }},
		{"the end has come", phase(v1alpha1.AnalysisPhaseSuccessful)},
		{"the pods wait for their end", func(now *State) bool {
			return now.object("ReplicaSet", "try-canary").GetAnnotations()[v1alpha1.ScaleDownDeadlineAnnotation] != ""
		}},
		{"the pods go", func(now *State) bool {
			return *read[appsv1.ReplicaSet](now.object("ReplicaSet", "try-canary")).Spec.Replicas == 0
		}},
	}
}

func TestExperimentOutlivesItsController(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	flags := []string{"--leader-elect=false", "--instance-id=" + s.Namespace, "--namespace=" + s.Namespace}
	controller := start(t, "trying", flags...)
	s.rated("rate", rate(NewBackend(t), "count: 2,"))
	s.Try(Trial{Name: "try", Instance: s.Namespace, Groups: twoVersions(), More: []string{
		"duration: 5s", "scaleDownDelaySeconds: 1", "analyses: [{name: rate, templateName: rate, requiredForCompletion: true}]",
	}})
	for _, m := range deathsOfAnExperiment() {
		s.Await(m.when, m.holds)
		controller.Kill()
		t.Logf("dead when %s", m.when)
		controller = start(t, "trying", flags...)
	}
	s.awaitTidy("try")

	made := map[string]map[types.UID]bool{}
	for _, entry := range s.Trace() {
		if owner := metav1.GetControllerOf(entry.Object); owner != nil && owner.Kind == "Experiment" {
			what := entry.Object.GetKind() + " " + entry.Object.GetName()
			if made[what] == nil {
				made[what] = map[types.UID]bool{}
			}
			made[what][entry.Object.GetUID()] = true
		}
	}
	counts := map[string]int{}
	for what, uids := range made {
		counts[what] = len(uids)
	}
	want := map[string]int{"ReplicaSet try-baseline": 1, "ReplicaSet try-canary": 1, "Service try-baseline": 1, "Service canary": 1, "AnalysisRun try-rate": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("six deaths made (-want +got):\n%s", diff)
	}
	others, err := lab.Requests(lab.userOf("shared"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range others {
		if r.Object.Namespace == s.Namespace {
			t.Errorf("the controller of another instance sent %s", r)
		}
	}
}

func TestExperimentLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.rated("rate", rate(NewBackend(t), ""))
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{"analyses: [{name: rate, templateName: rate}]"}})
	s.AwaitRun("try-rate", v1alpha1.AnalysisPhaseRunning)
	ex := &v1alpha1.Experiment{ObjectMeta: metav1.ObjectMeta{Name: "try"}}
	if err := s.Client.Delete(t.Context(), ex, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		t.Fatal(err)
	}
	s.Await("all of it to be gone", func(now *State) bool {
		left := 0
		for _, kind := range []string{"Experiment", "ReplicaSet", "Service", "AnalysisRun", "Pod"} {
			left += len(now.all(kind))
		}
		return left == 0
	})
}

func TestExperimentThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	groups := twoVersions()
	groups[1].More = "minReadySeconds: 60,"
	s.Try(Trial{Name: "try", Groups: groups, More: []string{"progressDeadlineSeconds: 30", "duration: 1s", "scaleDownDelaySeconds: 0"}})
	said := ""
	s.Await("the condition InvalidSpec", func(now *State) bool {
		for _, c := range now.experiment("try").Status.Conditions {
			if c.Type == v1alpha1.InvalidExperimentSpec && c.Status == corev1.ConditionTrue {
				said = c.Message
			}
		}
		return said != ""
	})
	want := `The Experiment "try" is invalid: spec.templates[1].minReadySeconds: Invalid value: 60: ` +
		"MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 1"
	if said != want {
		t.Errorf("it says\n%s\nwant\n%s", said, want)
	}
	s.Patch(&v1alpha1.Experiment{}, "try", types.JSONPatchType, []any{map[string]any{"op": "replace", "path": "/spec/templates/1/minReadySeconds", "value": 0}})
	s.AwaitExperiment("try", v1alpha1.AnalysisPhaseSuccessful)
	for _, entry := range s.Trace() {
		if entry.Object.GetKind() == "ReplicaSet" && entry.Version < s.mine["Experiment"] {
			t.Errorf("%s although the spec was wrong", entry)
		}
	}
}

// An analysis that can never begin ends the Experiment before it starts pods; a retry finds the template that has come since.
func TestExperimentWithoutItsTemplate(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{
		"duration: 1h", "scaleDownDelaySeconds: 0", "analyses: [{name: rate, templateName: rate, requiredForCompletion: true}]",
	}})
	ex := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseError)
	if want := "AnalysisTemplate verification failed for analysis 'rate': AnalysisTemplate 'rate' not found"; ex.Status.Message != want {
		t.Errorf("it says %q, want %q", ex.Status.Message, want)
	}
	s.CatchUp()
	if sets := s.state.all("ReplicaSet"); len(sets) > 0 {
		t.Errorf("it made %d ReplicaSets, want none", len(sets))
	}
	s.rated("rate", rate(NewBackend(t), "count: 1,"))
	s.Merge(&v1alpha1.Experiment{}, "try", map[string]any{"status": nil})
	s.AwaitExperiment("try", v1alpha1.AnalysisPhaseSuccessful)
	s.awaitTidy("try")
}

// A template that goes before its analysis has begun is missed at once.
func TestExperimentLosesItsTemplate(t *testing.T) {
	t.Parallel()
	for kind, template := range map[string]client.Object{
		"AnalysisTemplate": &v1alpha1.AnalysisTemplate{}, "ClusterAnalysisTemplate": &v1alpha1.ClusterAnalysisTemplate{},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := NewScene(t, lab)
			s.rated("further", rate(NewBackend(t), ""))
			text := fmt.Sprintf("apiVersion: argoproj.io/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {templates: [{templateName: further}]}", kind, s.Namespace)
			s.manage(template, text)
			s.Try(Trial{Name: "try", Groups: []Group{{Name: "broken", Image: "kanari.dev/demo:does-not-exist", Replicas: 1}}, More: []string{
				"scaleDownDelaySeconds: 0",
				fmt.Sprintf("analyses: [{name: rate, templateName: %s, clusterScope: %t}]", s.Namespace, kind == "ClusterAnalysisTemplate"),
			}})
			s.Await("a pod", func(now *State) bool {
				ex := now.experiment("try")
				return ex != nil && len(ex.Status.TemplateStatuses) == 1 && ex.Status.TemplateStatuses[0].Replicas == 1
			})
			if err := lab.Client.Delete(t.Context(), template); err != nil {
				t.Fatal(err)
			}
			ex := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseError)
			if want := fmt.Sprintf("%[1]s verification failed for analysis 'rate': %[1]s '%[2]s' not found", kind, s.Namespace); ex.Status.Message != want {
				t.Errorf("it says %q, want %q", ex.Status.Message, want)
			}
			s.awaitTidy("try")
		})
	}
}

// manage creates a template, also one of the whole cluster.
func (s *Scene) manage(template client.Object, text string) {
	s.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), template); err != nil {
		s.Fatal(err)
	}
	if template.GetObjectKind().GroupVersionKind().Kind == "AnalysisTemplate" {
		template.SetNamespace(s.Namespace)
	}
	if err := lab.Client.Create(s.Context(), template); err != nil {
		s.Fatal(err)
	}
}

// Names that belong to others: a ReplicaSet's is avoided, a Service's is waited for.
func TestExperimentMeetsItsNames(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	foreign := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "try-baseline"}, Spec: appsv1.ReplicaSetSpec{
		Replicas: new(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "other"}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "other"}}, Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "app", Image: blue}},
		}},
	}}
	s.Create(foreign, namedService("canary"), namedService("try-baseline-1"))
	s.Try(Trial{Name: "try", Groups: twoVersions(), More: []string{"duration: 1s", "scaleDownDelaySeconds: 0"}})
	waits := func(service string) func(*State) bool { // for nothing else: all pods are there
		return func(now *State) bool {
			status, pods := now.experiment("try").Status, int32(0)
			for _, group := range status.TemplateStatuses {
				pods += group.AvailableReplicas
			}
			return status.Phase == v1alpha1.AnalysisPhasePending && pods == 3 && status.Message == fmt.Sprintf("Service %q exists and is not this Experiment's", service)
		}
	}
	for _, service := range []string{"try-baseline-1", "canary"} {
		s.Await("it to wait for Service "+service, waits(service))
		if err := s.Client.Delete(t.Context(), namedService(service)); err != nil {
			t.Fatal(err)
		}
	}
	ex := s.AwaitExperiment("try", v1alpha1.AnalysisPhaseSuccessful)
	if count := ex.Status.TemplateStatuses[0].CollisionCount; count == nil || *count != 1 {
		t.Errorf("the collision count is %v, want 1", count)
	}
	s.awaitTidy("try")
	if rs := s.state.object("ReplicaSet", "try-baseline"); rs == nil || rs.GetUID() != foreign.UID || rs.GetGeneration() != 1 {
		t.Errorf("the ReplicaSet of somebody else is %v", rs)
	}
}

func namedService(name string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
}

func TestExperimentThatEndedCostsNothing(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	controller := start(t, "quiet", "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
	s.rated("rate", rate(NewBackend(t), "count: 1,"))
	trial := Trial{Name: "try", Instance: s.Namespace, Groups: twoVersions()[:1], More: []string{
		"scaleDownDelaySeconds: 0", "analyses: [{name: rate, templateName: rate, requiredForCompletion: true}]",
	}}
	s.Try(trial)
	s.awaitTidy("try")
	trial.Name = "first"
	s.Try(trial)
	s.awaitTidy("first")
	before, err := lab.Requests(controller.User)
	if err != nil {
		t.Fatal(err)
	}

	// Whatever it watches changes, and nothing about it matters.
	touch := map[string]any{"metadata": map[string]any{"annotations": map[string]any{"example.com/touched": "yes"}}}
	s.Merge(&v1alpha1.Experiment{}, "try", touch)
	s.Merge(&appsv1.ReplicaSet{}, "try-baseline", touch)
	s.Merge(&v1alpha1.AnalysisRun{}, "try-rate", touch)
	s.Merge(&v1alpha1.AnalysisTemplate{}, "rate", touch)
	s.Create(namedService("try-baseline"))
	if err := s.Client.Delete(t.Context(), namedService("try-baseline")); err != nil {
		t.Fatal(err)
	}
	trial.Name = "second"
	s.Try(trial)
	s.awaitTidy("second")
	after, err := lab.Requests(controller.User)
	if err != nil {
		t.Fatal(err)
	}
	mine := func(r Request) bool {
		return r.Object.Name == "try" || strings.HasPrefix(r.Object.Name, "try-") || strings.HasPrefix(r.Object.Name, "try.")
	}
	if !slices.ContainsFunc(before, mine) {
		t.Error("the record of requests holds none about the Experiment while it ran")
	}
	for _, r := range after[len(before):] {
		if mine(r) || r.Verb == "list" {
			t.Errorf("nothing was to be done, and it sent %s", r)
		}
	}
}
