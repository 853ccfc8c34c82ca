package analysis

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// One constructor an event. The reasons are an interface: people alert on them.

func completedMetric(name string, phase v1alpha1.AnalysisPhase) plan.Event {
	return plan.Event{Warning: alarming(phase), Reason: "Metric" + string(phase), Message: fmt.Sprintf("Metric '%s' Completed. Result: %s", name, phase)}
}

func completedRun(phase v1alpha1.AnalysisPhase) plan.Event {
	return plan.Event{
		Warning: alarming(phase), Milestone: true,
		Reason: "AnalysisRun" + string(phase), Message: fmt.Sprintf("Analysis Completed. Result: %s", phase),
	}
}

func alarming(phase v1alpha1.AnalysisPhase) bool {
	return phase == v1alpha1.AnalysisPhaseFailed || phase == v1alpha1.AnalysisPhaseError
}
