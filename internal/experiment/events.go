package experiment

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// One constructor an event. The reasons are an interface: people alert on them.

func scaledReplicaSet(name string, from, to int32) plan.Event {
	direction := "up"
	if to < from {
		direction = "down"
	}
	return plan.Event{Reason: "ScalingReplicaSet", Message: fmt.Sprintf("Scaled %s ReplicaSet %s from %d to %d", direction, name, from, to)}
}

func movedGroup(before, now v1alpha1.TemplateStatus) plan.Event {
	return plan.Event{
		Warning: now.Status == v1alpha1.TemplateStatusFailed || now.Status == v1alpha1.TemplateStatusError,
		Reason:  "Template" + string(now.Status),
		Message: explained(fmt.Sprintf("Template '%s' transitioned from %s -> %s", now.Name, before.Status, now.Status), now.Message),
	}
}

func movedRun(before, now v1alpha1.ExperimentAnalysisRunStatus) plan.Event {
	return plan.Event{
		Warning: alarming(now.Phase),
		Reason:  "AnalysisRun" + string(now.Phase),
		Message: explained(fmt.Sprintf("AnalysisRun '%s' transitioned from %s -> %s", now.Name, before.Phase, now.Phase), now.Message),
	}
}

func terminatingRun(run v1alpha1.ExperimentAnalysisRunStatus) plan.Event {
	return plan.Event{Reason: "AnalysisRunTerminating", Message: fmt.Sprintf("Terminating %s (%s)", run.Name, run.AnalysisRun)}
}

func movedExperiment(before, now v1alpha1.AnalysisPhase) plan.Event {
	return plan.Event{
		Warning: alarming(now), Milestone: now.Completed(),
		Reason: "Experiment" + string(now), Message: fmt.Sprintf("Experiment transitioned from %s -> %s", before, now),
	}
}

func explained(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

func alarming(phase v1alpha1.AnalysisPhase) bool {
	return phase.Completed() && phase != v1alpha1.AnalysisPhaseSuccessful
}
