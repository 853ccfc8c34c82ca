package view

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Phase is the state of a Rollout for a client, with the words that explain it. The stored phase is only believed when it
// speaks of the present spec.
func Phase(ro *v1alpha1.Rollout) (v1alpha1.RolloutPhase, string) {
	switch {
	case !observed(ro):
		return v1alpha1.RolloutPhaseProgressing, "waiting for rollout spec update to be observed"
	case ro.Status.ControllerPause && len(ro.Status.PauseConditions) == 0:
		return v1alpha1.RolloutPhaseProgressing, "waiting for rollout to unpause"
	case aborting(ro):
		return v1alpha1.RolloutPhaseProgressing, "waiting for abort to be observed"
	case retried(ro):
		return v1alpha1.RolloutPhaseProgressing, "waiting for retry to be observed"
	case !workloadObserved(ro):
		return v1alpha1.RolloutPhaseProgressing, "waiting for rollout spec update to be observed for the reference workload"
	case ro.Status.Phase != "":
		return ro.Status.Phase, ro.Status.Message
	}
	return computedPhase(ro)
}

// observed says whether the status speaks of the present spec.
// Compat: no generation, one that is no number, and one from the future (left behind by a restored backup) all count as
// observed; the rest of the status then decides.
func observed(ro *v1alpha1.Rollout) bool {
	generation := int64(ro.Status.ObservedGeneration)
	return generation == 0 || generation >= ro.Generation
}

// aborting says that somebody aborted an update and the controller has not looked since.
func aborting(ro *v1alpha1.Rollout) bool {
	waiting := ro.Status.Phase == v1alpha1.RolloutPhasePaused || ro.Status.Phase == v1alpha1.RolloutPhaseProgressing
	return ro.Status.Abort && waiting && !promoted(ro)
}

// retried says that somebody took an abort back and the controller has not looked since: its Degraded is of yesterday, and
// whoever waits for the retry must not take it for the verdict.
func retried(ro *v1alpha1.Rollout) bool {
	return !ro.Status.Abort && ro.Status.Phase == v1alpha1.RolloutPhaseDegraded &&
		strings.HasPrefix(ro.Status.Message, reasonAborted+":")
}

func workloadObserved(ro *v1alpha1.Rollout) bool {
	if ro.Spec.WorkloadRef == nil {
		return true
	}
	generation, err := strconv.ParseInt(ro.Annotations[v1alpha1.WorkloadGenerationAnnotation], 10, 64)
	return err != nil || int64(ro.Status.WorkloadObservedGeneration) == generation
}

// computedPhase derives the phase from the rest of the status, for objects whose controller does not store it.
func computedPhase(ro *v1alpha1.Rollout) (v1alpha1.RolloutPhase, string) {
	if message := trouble(ro); message != "" {
		return v1alpha1.RolloutPhaseDegraded, message
	}
	status := &ro.Status
	switch {
	case ro.Spec.Paused:
		return v1alpha1.RolloutPhasePaused, "manually paused"
	case len(status.PauseConditions) > 0:
		return v1alpha1.RolloutPhasePaused, string(status.PauseConditions[0].Reason)
	}
	if message := unfinished(ro); message != "" {
		return v1alpha1.RolloutPhaseProgressing, message
	}
	return v1alpha1.RolloutPhaseHealthy, ""
}

// trouble is the first condition that makes a Rollout Degraded, in words; empty when there is none.
func trouble(ro *v1alpha1.Rollout) string {
	for _, condition := range ro.Status.Conditions {
		if condition.Type == v1alpha1.InvalidSpec && condition.Status != corev1.ConditionFalse {
			return "InvalidSpec: " + condition.Message
		}
		if condition.Reason == reasonAborted || condition.Reason == reasonDeadline {
			return condition.Reason + ": " + condition.Message
		}
	}
	return ""
}

const (
	reasonAborted  = "RolloutAborted"
	reasonDeadline = "ProgressDeadlineExceeded"
)

// unfinished is the first thing left to do, in words; empty when all is done.
func unfinished(ro *v1alpha1.Rollout) string {
	status := &ro.Status
	switch {
	case ro.Spec.RestartAt != nil && !ro.Spec.RestartAt.Equal(status.RestartedAt):
		return "rollout is restarting"
	case status.UpdatedReplicas < desiredReplicas(ro):
		return "more replicas need to be updated"
	case status.AvailableReplicas < status.UpdatedReplicas:
		return "updated replicas are still becoming available"
	case ro.Spec.Strategy.BlueGreen != nil:
		return unfinishedBlueGreen(ro)
	case ro.Spec.Strategy.Canary != nil:
		return unfinishedCanary(ro)
	}
	return ""
}

func unfinishedBlueGreen(ro *v1alpha1.Rollout) string {
	status, strategy := &ro.Status, ro.Spec.Strategy.BlueGreen
	if status.BlueGreen.ActiveSelector == "" || status.BlueGreen.ActiveSelector != status.CurrentPodHash {
		return "active service cutover pending"
	}
	if promoted(ro) {
		return ""
	}
	run := status.BlueGreen.PostPromotionAnalysisRunStatus
	if strategy.PostPromotionAnalysis != nil && (run == nil || !run.Status.Completed()) {
		return "waiting for analysis to complete"
	}
	return "waiting for post-promotion verification to complete"
}

func unfinishedCanary(ro *v1alpha1.Rollout) string {
	if ro.Spec.Strategy.Canary.TrafficRouting == nil && ro.Status.Replicas > ro.Status.UpdatedReplicas {
		return "old replicas are pending termination"
	}
	if !promoted(ro) {
		return "waiting for all steps to complete"
	}
	return ""
}

// promoted says whether the newest version is the stable one.
func promoted(ro *v1alpha1.Rollout) bool {
	return ro.Status.StableRS != "" && ro.Status.StableRS == ro.Status.CurrentPodHash
}

func desiredReplicas(ro *v1alpha1.Rollout) int32 {
	if ro.Spec.Replicas == nil {
		return 1
	}
	return *ro.Spec.Replicas
}
