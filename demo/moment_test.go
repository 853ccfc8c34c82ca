package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/demo/show"
)

// paused is a canary at its indefinite pause: green gets 60 %, one of its pods is ready, one on its way out.
const paused = `
metadata: {name: web, generation: 2}
spec:
  template: {spec: {containers: [{name: web, image: "kanari.dev/demo:green"}]}}
  strategy: {canary: {steps: [{setWeight: 60}, {pause: {}}, {setWeight: 80}, {pause: {duration: 4s}}]}}
status: {observedGeneration: 2, phase: Paused, message: CanaryPauseStep, currentStepIndex: 1, stableRS: aaa}
`

const routes = `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
spec:
  http:
  - route:
    - {destination: {host: web-stable}, weight: 40}
    - {destination: {host: web-canary}, weight: 60}
`

func TestMoment(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	cases := map[string]struct {
		change func(*scene)
		want   show.Moment
	}{
		"a pause that only somebody ends": {func(*scene) {}, show.Moment{
			Phase: "Paused", Message: "CanaryPauseStep", Step: "2/4 pause",
		}},
		"a pause that ends by itself": {
			func(s *scene) { *s.rollout.Status.CurrentStepIndex = 3 },
			show.Moment{Phase: "Paused", Message: "CanaryPauseStep", Step: "4/4 pause 4s"},
		},
		"a change that the controller has not seen": {
			func(s *scene) { s.rollout.Generation = 3 },
			show.Moment{Phase: "Progressing", Message: "the controller has not seen the change yet", Step: "not seen yet"},
		},
		"an analysis": {
			func(s *scene) {
				s.rollout.Spec.Strategy.Canary.Steps[1] = v1alpha1.CanaryStep{Analysis: &v1alpha1.RolloutAnalysis{}}
			},
			show.Moment{Phase: "Paused", Message: "CanaryPauseStep", Step: "2/4 analysis"},
		},
		"the end": {
			func(s *scene) { *s.rollout.Status.CurrentStepIndex = 4 },
			show.Moment{Phase: "Paused", Message: "CanaryPauseStep", Step: "all steps done"},
		},
		"an abort": {
			func(s *scene) { s.rollout.Status.Abort = true },
			show.Moment{Phase: "Paused", Message: "CanaryPauseStep", Step: "aborted", Aborted: true},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := canary(t)
			c.change(&s)
			c.want.At, c.want.Current, c.want.Stable = now, "green", "blue"
			c.want.Routes = []show.Route{{Weight: 40, Version: "blue"}, {Weight: 60, Version: "green"}}
			c.want.Pods = []show.Pods{{Version: "blue", Ready: 1, All: 1}, {Version: "green", Ready: 1, All: 3}}
			if diff := cmp.Diff(c.want, s.moment(now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func canary(t *testing.T) scene {
	t.Helper()
	s := scene{services: map[string]string{"web-stable": "aaa", "web-canary": "bbb"}}
	if err := yaml.Unmarshal([]byte(paused), &s.rollout); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(routes), &s.route); err != nil {
		t.Fatal(err)
	}
	s.sets = []appsv1.ReplicaSet{replicaSet("aaa", "blue"), replicaSet("bbb", "green")}
	leaving := pod("bbb", true)
	leaving.DeletionTimestamp = &s.rollout.CreationTimestamp
	s.pods.Items = []corev1.Pod{pod("aaa", true), pod("bbb", true), pod("bbb", false), leaving}
	return s
}

func replicaSet(hash, color string) appsv1.ReplicaSet {
	set := appsv1.ReplicaSet{}
	set.Labels = map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hash}
	set.Spec.Template.Spec.Containers = []corev1.Container{{Image: "kanari.dev/demo:" + color}}
	return set
}

func pod(hash string, ready bool) corev1.Pod {
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	p := corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}}}
	p.Labels = map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hash}
	return p
}

func TestRoutesOfAnEmptyVirtualService(t *testing.T) {
	s := scene{route: unstructured.Unstructured{Object: map[string]any{}}}
	if got := s.routes(); got != nil {
		t.Errorf("got %v, want none", got)
	}
}
