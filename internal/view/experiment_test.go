package view

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// The clock of an Experiment runs from when all pods are there until it ends.
func TestLifeOfAnExperiment(t *testing.T) {
	since := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		duration  v1alpha1.DurationString
		available bool
		phase     v1alpha1.AnalysisPhase
		seconds   int64
		end       time.Time
	}{
		"no limit":            {available: true, phase: v1alpha1.AnalysisPhaseRunning},
		"pods on their way":   {duration: "5m", phase: v1alpha1.AnalysisPhasePending, seconds: 300},
		"running":             {duration: "5m", available: true, phase: v1alpha1.AnalysisPhaseRunning, seconds: 300, end: since.Add(5 * time.Minute)},
		"ended":               {duration: "5m", available: true, phase: v1alpha1.AnalysisPhaseFailed, seconds: 300},
		"not a duration":      {duration: "soon", available: true, phase: v1alpha1.AnalysisPhaseRunning},
		"a negative duration": {duration: "-5m", available: true, phase: v1alpha1.AnalysisPhaseRunning},
	} {
		t.Run(name, func(t *testing.T) {
			experiment := &v1alpha1.Experiment{Spec: v1alpha1.ExperimentSpec{Duration: test.duration}, Status: v1alpha1.ExperimentStatus{Phase: test.phase}}
			if test.available {
				experiment.Status.AvailableAt = &metav1.Time{Time: since}
			}
			if seconds, end := lifeOf(experiment); seconds != test.seconds || !end.Equal(test.end) {
				t.Errorf("got %d s until %s, want %d s until %s", seconds, end, test.seconds, test.end)
			}
		})
	}
}

// Only what an Experiment owns and still runs lends it images, under the names of its templates.
func TestExperimentImages(t *testing.T) {
	experiment := &v1alpha1.Experiment{ObjectMeta: metav1.ObjectMeta{Name: "trial", UID: "exp"}}
	set := func(owner, template, image string, pods int32) appsv1.ReplicaSet {
		rs := appsv1.ReplicaSet{ObjectMeta: owned("trial-"+template, owner), Spec: appsv1.ReplicaSetSpec{Replicas: &pods}}
		rs.Annotations = map[string]string{v1alpha1.ExperimentTemplateNameAnnotationKey: template}
		rs.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: image}}
		return rs
	}
	v := OneExperiment(experiment, Objects{ReplicaSets: []appsv1.ReplicaSet{
		set("exp", "fresh", "web:v2", 1), set("exp", "base", "web:v1", 1), set("exp", "gone", "web:v0", 0),
		set("exp", "again", "web:v2", 1), set("other", "foreign", "api:v1", 1),
	}})
	want := []Image{{Name: "web:v1", Roles: []Role{"Σ:base"}}, {Name: "web:v2", Roles: []Role{"Σ:again", "Σ:fresh"}}}
	if diff := cmp.Diff(want, v.Images); diff != "" {
		t.Error(diff)
	}
	if len(v.ReplicaSets) != 4 {
		t.Errorf("got %d ReplicaSets, want the 4 of the Experiment", len(v.ReplicaSets))
	}
}
