package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestWeights(t *testing.T) {
	tests := map[string]struct {
		bend func(*v1alpha1.Rollout)
		want Weights
	}{
		"no step is left":          {func(*v1alpha1.Rollout) {}, Weights{Desired: 100, Applied: 100, Max: 100}},
		"by pods, at a later step": {at(1), Weights{Desired: 20, Applied: 25, Max: 100}},
		"before any weight": {func(ro *v1alpha1.Rollout) {
			at(0)(ro)
			ro.Spec.Strategy.Canary.Steps[0] = v1alpha1.CanaryStep{Pause: &v1alpha1.RolloutPause{}}
		}, Weights{Desired: 0, Applied: 25, Max: 100}},
		"aborted": {func(ro *v1alpha1.Rollout) { at(1)(ro); ro.Status.Abort = true }, Weights{Desired: 0, Applied: 25, Max: 100}},
		"nothing available": {
			func(ro *v1alpha1.Rollout) { at(1)(ro); ro.Status.AvailableReplicas = 0 }, Weights{Desired: 20, Applied: 0, Max: 100},
		},
		"by a router that has not been told": {func(ro *v1alpha1.Rollout) {
			at(1)(ro)
			ro.Spec.Strategy.Canary.TrafficRouting = &v1alpha1.RolloutTrafficRouting{}
		}, Weights{Desired: 20, Applied: 0, Max: 100}},
		"by a router with a scale of its own": {func(ro *v1alpha1.Rollout) {
			at(1)(ro)
			limit := int32(1000)
			ro.Spec.Strategy.Canary.TrafficRouting = &v1alpha1.RolloutTrafficRouting{MaxTrafficWeight: &limit}
			ro.Status.Canary.Weights = &v1alpha1.TrafficWeights{Canary: v1alpha1.WeightDestination{Weight: 15}}
		}, Weights{Desired: 20, Applied: 15, Max: 1000}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ro := settled()
			test.bend(ro)
			sets := []ReplicaSet{{Roles: []Role{Canary}, Available: 1}}
			if diff := cmp.Diff(&test.want, weightsOf(ro, sets)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func at(index int32) func(*v1alpha1.Rollout) {
	return func(ro *v1alpha1.Rollout) { ro.Status.CurrentStepIndex = &index }
}

func TestStepText(t *testing.T) {
	seconds, number := intstr.FromInt32(30), int32(3)
	tests := map[string]v1alpha1.CanaryStep{
		"setWeight: 3":                {SetWeight: &number},
		"pause: {}":                   {Pause: &v1alpha1.RolloutPause{}},
		"pause: 30":                   {Pause: &v1alpha1.RolloutPause{Duration: &seconds}},
		"experiment":                  {Experiment: &v1alpha1.RolloutExperimentStep{}},
		"analysis":                    {Analysis: &v1alpha1.RolloutAnalysis{}},
		"setCanaryScale{replicas: 3}": {SetCanaryScale: &v1alpha1.SetCanaryScale{Replicas: &number}},
		"setCanaryScale{weight: 3}":   {SetCanaryScale: &v1alpha1.SetCanaryScale{Weight: &number}},
		"setCanaryScale{matchTrafficWeight: true}": {SetCanaryScale: &v1alpha1.SetCanaryScale{MatchTrafficWeight: true}},
		"setHeaderRoute: h":                        {SetHeaderRoute: &v1alpha1.SetHeaderRoute{Name: "h"}},
		"setMirrorRoute: m":                        {SetMirrorRoute: &v1alpha1.SetMirrorRoute{Name: "m"}},
		"plugin: p":                                {Plugin: &v1alpha1.PluginStep{Name: "p"}},
		"invalid":                                  {},
	}
	for want, step := range tests {
		t.Run(want, func(t *testing.T) {
			if got := StepText(step); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	pingPong := func(ro *v1alpha1.Rollout) {
		ro.Status.StableRS = "old"
		ro.Spec.Strategy.Canary.PingPong = &v1alpha1.PingPongSpec{}
	}
	tests := map[string]struct {
		bend func(*v1alpha1.Rollout)
		hash string
		want []Role
	}{
		"the only version is stable":      {func(*v1alpha1.Rollout) {}, "new", []Role{Stable}},
		"a version of long ago":           {func(*v1alpha1.Rollout) {}, "older", nil},
		"no hash":                         {func(ro *v1alpha1.Rollout) { ro.Status.StableRS = "" }, "", nil},
		"the new one beside a stable one": {func(ro *v1alpha1.Rollout) { ro.Status.StableRS = "old" }, "new", []Role{Canary}},
		"pong is stable at first":         {pingPong, "old", []Role{Stable, Pong}},
		"and ping its canary":             {pingPong, "new", []Role{Canary, Ping}},
		"later they change places": {
			func(ro *v1alpha1.Rollout) { pingPong(ro); ro.Status.Canary.StablePingPong = v1alpha1.PPPing }, "new", []Role{Canary, Pong},
		},
		"blue-green done":       {asBlueGreen, "new", []Role{Stable, Active}},
		"blue-green, preview":   {func(ro *v1alpha1.Rollout) { asBlueGreen(ro); ro.Status.CurrentPodHash = "newer" }, "newer", []Role{Preview}},
		"blue-green, switched":  {func(ro *v1alpha1.Rollout) { asBlueGreen(ro); ro.Status.StableRS = "old" }, "new", []Role{Active}},
		"blue-green, left over": {func(ro *v1alpha1.Rollout) { asBlueGreen(ro); ro.Status.StableRS = "old" }, "old", []Role{Stable}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ro := settled()
			test.bend(ro)
			if diff := cmp.Diff(test.want, rolesOf(ro, test.hash)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReplicaSetStatus(t *testing.T) {
	pods := int32(2)
	none := int32(0)
	failing := []appsv1.ReplicaSetCondition{{Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue}}
	tests := map[string]struct {
		set  appsv1.ReplicaSet
		want string
	}{
		"nothing wanted":   {appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: &none}}, "ScaledDown"},
		"not all there":    {appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: &pods}, Status: appsv1.ReplicaSetStatus{AvailableReplicas: 1}}, "Progressing"},
		"all there":        {appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: &pods}, Status: appsv1.ReplicaSetStatus{AvailableReplicas: 2}}, "Healthy"},
		"cannot make pods": {appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: &pods}, Status: appsv1.ReplicaSetStatus{Conditions: failing}}, "Degraded"},
		"a status of the past": {appsv1.ReplicaSet{
			ObjectMeta: metav1.ObjectMeta{Generation: 2},
			Spec:       appsv1.ReplicaSetSpec{Replicas: &pods},
			Status:     appsv1.ReplicaSetStatus{AvailableReplicas: 2, ObservedGeneration: 1},
		}, "Progressing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := replicaSetStatus(&test.set); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// An image that runs on both sides is listed once, with all roles by name.
func TestImages(t *testing.T) {
	sets := []ReplicaSet{
		{Desired: 1, Images: []string{"a", "side"}, Roles: []Role{Stable, Active}},
		{Current: 1, Images: []string{"b", "side"}, Roles: []Role{Canary}},
		{Images: []string{"gone"}},
	}
	want := []Image{
		{Name: "a", Roles: []Role{Stable, Active}},
		{Name: "b", Roles: []Role{Canary}},
		{Name: "side", Roles: []Role{Active, Canary, Stable}},
	}
	if diff := cmp.Diff(want, imagesOf(Objects{}, sets)); diff != "" {
		t.Error(diff)
	}
}

// Runs, their Jobs and experiments stand under the revision they were made for; foreign ones nowhere.
func TestAnalysisAndExperiments(t *testing.T) {
	second := map[string]string{v1alpha1.RevisionAnnotation: "2"}
	objects := underWay(1)
	experiment := v1alpha1.Experiment{ObjectMeta: owned("trial", "ro")}
	experiment.UID, experiment.Annotations = "exp", second
	mine := v1alpha1.AnalysisRun{ObjectMeta: owned("mine", "ro")}
	mine.Annotations, mine.Status.Phase = second, v1alpha1.AnalysisPhaseRunning
	mine.Status.MetricResults = []v1alpha1.MetricResult{
		{Successful: 2, Failed: 1},
		{Successful: 1, Error: 1, Inconclusive: 3, Measurements: []v1alpha1.Measurement{
			{Phase: v1alpha1.AnalysisPhaseSuccessful, Metadata: map[string]string{"job-name": "load-test"}},
		}},
	}
	trials := v1alpha1.AnalysisRun{ObjectMeta: owned("trials", "exp")}
	foreign := v1alpha1.AnalysisRun{ObjectMeta: owned("foreign", "somebody")}
	objects.Experiments = []v1alpha1.Experiment{experiment}
	objects.AnalysisRuns = []v1alpha1.AnalysisRun{foreign, mine, trials}

	v := Rollout(objects, noon)
	if len(v.Revisions) != 1 || v.Revisions[0].Number != 2 {
		t.Fatalf("revisions: %+v", v.Revisions)
	}
	wantRuns := []AnalysisRun{{
		Name: "mine", Status: "Running", Mark: Moving, Successful: 3, Failed: 1, Inconclusive: 3, Error: 1,
		Jobs: []Job{{Name: "load-test", Status: "Successful", Mark: Good}},
	}}
	if diff := cmp.Diff(wantRuns, v.Revisions[0].AnalysisRuns); diff != "" {
		t.Error(diff)
	}
	wantExperiments := []Experiment{{
		Name: "trial", Status: "Pending", Mark: Queued,
		AnalysisRuns: []AnalysisRun{{Name: "trials", Status: "Pending", Mark: Queued}},
	}}
	if diff := cmp.Diff(wantExperiments, v.Revisions[0].Experiments); diff != "" {
		t.Error(diff)
	}
}
