package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Trial describes an Experiment.
type Trial struct {
	Name string
	// Instance hands it to the controller of that instance id; empty for the shared one.
	Instance string
	// Groups are its templates.
	Groups []Group
	// More is further lines of the spec, in YAML.
	More []string
}

// Group is a template of an Experiment: some pods of the demo.
type Group struct {
	Name, Image string
	Replicas    int
	// More is further fields of the template, in YAML's flow style, each with a comma behind it.
	More string
}

func (g Group) yaml() string {
	return fmt.Sprintf(`{name: %[1]s, replicas: %[2]d, %[3]s selector: {matchLabels: {app: trial}}, template: {metadata: {labels: {app: trial}},
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: app, image: "%[4]s", ports: [{containerPort: 80}]}]}}}`, g.Name, g.Replicas, g.More, g.Image)
}

// Try creates an Experiment.
func (s *Scene) Try(trial Trial) {
	s.Helper()
	labels := "{}"
	if trial.Instance != "" {
		labels = fmt.Sprintf("{%s: %s}", v1alpha1.ControllerInstanceIDLabel, trial.Instance)
	}
	groups := make([]string, len(trial.Groups))
	for i, group := range trial.Groups {
		groups[i] = group.yaml()
	}
	spec := append([]string{"templates: [" + strings.Join(groups, ", ") + "]"}, trial.More...)
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: %s, labels: %s}
spec:
  %s
`, trial.Name, labels, strings.Join(spec, "\n  ")))
}

// experiment returns an Experiment.
func (s *State) experiment(name string) *v1alpha1.Experiment {
	return read[v1alpha1.Experiment](s.object("Experiment", name))
}

// AwaitExperiment waits until an Experiment is in a phase.
func (s *Scene) AwaitExperiment(name string, phase v1alpha1.AnalysisPhase) *v1alpha1.Experiment {
	s.Helper()
	return s.Await(fmt.Sprintf("Experiment %s to be %s", name, phase), func(now *State) bool {
		ex := now.experiment(name)
		return ex != nil && ex.Status.Phase == phase
	}).experiment(name)
}

// awaitTidy waits until an Experiment is told to be over: its pods and Services are gone.
func (s *Scene) awaitTidy(name string) *State {
	s.Helper()
	return s.Await("nothing to be left of Experiment "+name, func(now *State) bool {
		ex := now.experiment(name)
		over := slices.ContainsFunc(ex.Status.Conditions, func(c v1alpha1.ExperimentCondition) bool { return c.Reason == "ExperimentCompleted" })
		return over && len(now.all("Pod")) == 0 && len(now.all("Service")) == 0
	})
}

// reasonsOf are the events about an object, each reason with its type, once.
func (s *State) reasonsOf(kind, name string) []string {
	found := map[string]bool{}
	for _, object := range s.all("Event") {
		if e := read[corev1.Event](object); e.InvolvedObject.Kind == kind && e.InvolvedObject.Name == name {
			found[e.Type+" "+e.Reason] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// rated is an AnalysisTemplate that asks a backend, and is told whose pods are meant.
func (s *Scene) rated(name string, metric string) {
	s.Helper()
	s.CreateYAML(fmt.Sprintf(`
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: %s}
spec:
  args: [{name: hash, value: none}, {name: kept, value: none}]
  metrics: [%s]
`, name, metric))
}
