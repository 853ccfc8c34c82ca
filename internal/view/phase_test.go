package view

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// settled is a canary that is done: every test bends it.
func settled() *v1alpha1.Rollout {
	replicas, index := int32(4), int32(2)
	ro := &v1alpha1.Rollout{}
	ro.Name, ro.Generation = "web", 3
	ro.Spec.Replicas = &replicas
	weight := int32(20)
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Steps: []v1alpha1.CanaryStep{
		{SetWeight: &weight}, {Pause: &v1alpha1.RolloutPause{}},
	}}
	ro.Status = v1alpha1.RolloutStatus{
		ObservedGeneration: 3, CurrentStepIndex: &index, CurrentPodHash: "new", StableRS: "new",
		Replicas: 4, UpdatedReplicas: 4, ReadyReplicas: 4, AvailableReplicas: 4,
	}
	return ro
}

func asBlueGreen(ro *v1alpha1.Rollout) {
	ro.Spec.Strategy = v1alpha1.RolloutStrategy{BlueGreen: &v1alpha1.BlueGreenStrategy{ActiveService: "web"}}
	ro.Status.BlueGreen.ActiveSelector = "new"
}

func condition(kind v1alpha1.RolloutConditionType, reason, message string) []v1alpha1.RolloutCondition {
	return []v1alpha1.RolloutCondition{{Type: kind, Status: corev1.ConditionTrue, Reason: reason, Message: message}}
}

func TestPhase(t *testing.T) {
	instant := metav1.Now()
	tests := map[string]struct {
		bend    func(*v1alpha1.Rollout)
		phase   v1alpha1.RolloutPhase
		message string
	}{
		"done": {func(*v1alpha1.Rollout) {}, "Healthy", ""},
		"a spec that the controller has not seen hides the stored phase": {
			func(ro *v1alpha1.Rollout) { ro.Generation, ro.Status.Phase = 4, "Healthy" },
			"Progressing", "waiting for rollout spec update to be observed",
		},
		"a generation from the future is believed": {
			func(ro *v1alpha1.Rollout) { ro.Status.ObservedGeneration = 9 }, "Healthy", "",
		},
		"no generation is believed": {
			func(ro *v1alpha1.Rollout) { ro.Status.ObservedGeneration = 0 }, "Healthy", "",
		},
		"resumed, and not yet noticed": {
			func(ro *v1alpha1.Rollout) { ro.Status.ControllerPause, ro.Status.Phase = true, "Paused" },
			"Progressing", "waiting for rollout to unpause",
		},
		"a workload that the controller has not seen": {
			func(ro *v1alpha1.Rollout) {
				ro.Spec.WorkloadRef = &v1alpha1.ObjectRef{Kind: "Deployment"}
				ro.Annotations = map[string]string{v1alpha1.WorkloadGenerationAnnotation: "2"}
			},
			"Progressing", "waiting for rollout spec update to be observed for the reference workload",
		},
		"a workload that it has seen": {
			func(ro *v1alpha1.Rollout) {
				ro.Spec.WorkloadRef = &v1alpha1.ObjectRef{Kind: "Deployment"}
				ro.Annotations = map[string]string{v1alpha1.WorkloadGenerationAnnotation: "2"}
				ro.Status.WorkloadObservedGeneration = 2
			},
			"Healthy", "",
		},
		"the stored phase": {
			func(ro *v1alpha1.Rollout) { ro.Status.Phase, ro.Status.Message = "Paused", "CanaryPauseStep" },
			"Paused", "CanaryPauseStep",
		},
		"an abort that is not yet noticed": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Abort, ro.Status.Phase, ro.Status.StableRS = true, "Paused", "old"
			},
			"Progressing", "waiting for abort to be observed",
		},
		"an abort of nothing": {
			func(ro *v1alpha1.Rollout) { ro.Status.Abort, ro.Status.Phase = true, "Progressing" }, "Progressing", "",
		},
		"an abort that was taken back, and not yet noticed": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Phase, ro.Status.Message = "Degraded", "RolloutAborted: Rollout aborted update to revision 2"
			},
			"Progressing", "waiting for retry to be observed",
		},
		"an abort that stands": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Abort = true
				ro.Status.Phase, ro.Status.Message = "Degraded", "RolloutAborted: Rollout aborted update to revision 2"
			},
			"Degraded", "RolloutAborted: Rollout aborted update to revision 2",
		},
		"a refused spec": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Conditions = condition(v1alpha1.InvalidSpec, "InvalidSpec", "no")
			},
			"Degraded", "InvalidSpec: no",
		},
		"an abort": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Conditions = condition(v1alpha1.RolloutProgressing, "RolloutAborted", "Rollout aborted update to revision 2")
			},
			"Degraded", "RolloutAborted: Rollout aborted update to revision 2",
		},
		"paused by hand": {
			func(ro *v1alpha1.Rollout) { ro.Spec.Paused = true }, "Paused", "manually paused",
		},
		"paused by the controller": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.PauseConditions = []v1alpha1.PauseCondition{{Reason: v1alpha1.PauseReasonCanaryPauseStep}}
			},
			"Paused", "CanaryPauseStep",
		},
		"a restart": {
			func(ro *v1alpha1.Rollout) { ro.Spec.RestartAt = &instant }, "Progressing", "rollout is restarting",
		},
		"a restart that is done": {
			func(ro *v1alpha1.Rollout) { ro.Spec.RestartAt, ro.Status.RestartedAt = &instant, &instant }, "Healthy", "",
		},
		"too few new pods": {
			func(ro *v1alpha1.Rollout) { ro.Status.UpdatedReplicas = 3 },
			"Progressing", "more replicas need to be updated",
		},
		"new pods that are not available": {
			func(ro *v1alpha1.Rollout) { ro.Status.AvailableReplicas = 3 },
			"Progressing", "updated replicas are still becoming available",
		},
		"old pods that go": {
			func(ro *v1alpha1.Rollout) { ro.Status.Replicas = 5 },
			"Progressing", "old replicas are pending termination",
		},
		"old pods behind a router may stay for a while": {
			func(ro *v1alpha1.Rollout) {
				ro.Status.Replicas = 5
				ro.Spec.Strategy.Canary.TrafficRouting = &v1alpha1.RolloutTrafficRouting{}
			},
			"Healthy", "",
		},
		"steps that are left": {
			func(ro *v1alpha1.Rollout) { ro.Status.StableRS = "old" },
			"Progressing", "waiting for all steps to complete",
		},
		"blue-green before the switch": {
			func(ro *v1alpha1.Rollout) { asBlueGreen(ro); ro.Status.BlueGreen.ActiveSelector = "old" },
			"Progressing", "active service cutover pending",
		},
		"blue-green after the switch": {
			func(ro *v1alpha1.Rollout) { asBlueGreen(ro); ro.Status.StableRS = "old" },
			"Progressing", "waiting for post-promotion verification to complete",
		},
		"blue-green while it is judged": {
			func(ro *v1alpha1.Rollout) {
				asBlueGreen(ro)
				ro.Status.StableRS = "old"
				ro.Spec.Strategy.BlueGreen.PostPromotionAnalysis = &v1alpha1.RolloutAnalysis{}
				ro.Status.BlueGreen.PostPromotionAnalysisRunStatus = &v1alpha1.RolloutAnalysisRunStatus{Status: v1alpha1.AnalysisPhaseRunning}
			},
			"Progressing", "waiting for analysis to complete",
		},
		"blue-green done": {asBlueGreen, "Healthy", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ro := settled()
			test.bend(ro)
			phase, message := Phase(ro)
			if phase != test.phase || message != test.message {
				t.Errorf("got %q %q, want %q %q", phase, message, test.phase, test.message)
			}
		})
	}
}
