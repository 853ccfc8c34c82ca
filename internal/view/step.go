package view

import (
	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// steps are the canary's steps; none for blue-green.
func steps(ro *v1alpha1.Rollout) []v1alpha1.CanaryStep {
	if ro.Spec.Strategy.Canary == nil {
		return nil
	}
	return ro.Spec.Strategy.Canary.Steps
}

// stepIndex is the index of the step at work, between 0 and the number of steps.
func stepIndex(ro *v1alpha1.Rollout) int32 {
	if ro.Status.CurrentStepIndex == nil {
		return 0
	}
	return min(max(*ro.Status.CurrentStepIndex, 0), int32(len(steps(ro))))
}

// currentStep is nil when there are no steps, or none is left.
func currentStep(ro *v1alpha1.Rollout) *v1alpha1.CanaryStep {
	return stepAt(ro, stepIndex(ro))
}

func stepAt(ro *v1alpha1.Rollout, index int32) *v1alpha1.CanaryStep {
	all := steps(ro)
	if int(index) >= len(all) {
		return nil
	}
	return &all[index]
}

func stepOf(ro *v1alpha1.Rollout) *Step {
	all := steps(ro)
	if len(all) == 0 {
		return nil
	}
	step := Step{Index: stepIndex(ro), Count: int32(len(all))}
	if current := currentStep(ro); current != nil {
		step.Text = StepText(*current)
	}
	return &step
}

// StepText is a step as its author wrote it. A pause without an end says so.
func StepText(step v1alpha1.CanaryStep) string {
	if step.Pause != nil && step.Pause.Duration == nil {
		return "pause: {}"
	}
	return step.Text()
}

// weightsOf compares the share that the step asks for with the share that is in force.
func weightsOf(ro *v1alpha1.Rollout, sets []ReplicaSet) *Weights {
	if ro.Spec.Strategy.Canary == nil {
		return nil
	}
	return &Weights{Desired: desiredWeight(ro), Applied: appliedWeight(ro, sets), Max: v1alpha1.MaxTrafficWeight(ro)}
}

func desiredWeight(ro *v1alpha1.Rollout) int32 {
	if ro.Status.Abort {
		return 0
	}
	if currentStep(ro) == nil {
		return v1alpha1.MaxTrafficWeight(ro)
	}
	for i := stepIndex(ro); i >= 0; i-- {
		if weight := stepAt(ro, i).SetWeight; weight != nil {
			return *weight
		}
	}
	return 0
}

func appliedWeight(ro *v1alpha1.Rollout, sets []ReplicaSet) int32 {
	if currentStep(ro) == nil {
		return v1alpha1.MaxTrafficWeight(ro)
	}
	if ro.Spec.Strategy.Canary.TrafficRouting == nil {
		return sharedByPods(ro, sets)
	}
	if ro.Status.Canary.Weights == nil {
		return 0
	}
	return ro.Status.Canary.Weights.Canary.Weight
}

// sharedByPods is the canary's share of the available pods: without a router each pod gets an equal part of the traffic.
func sharedByPods(ro *v1alpha1.Rollout, sets []ReplicaSet) int32 {
	canary, ok := withRole(sets, Canary)
	if !ok || ro.Status.AvailableReplicas == 0 {
		return 0
	}
	return canary.Available * v1alpha1.MaxTrafficWeight(ro) / ro.Status.AvailableReplicas
}
