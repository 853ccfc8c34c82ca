package v1alpha1

import "fmt"

// Text is a step in the words that people's tools look for, on one line: "setWeight: 20", "pause: 5m", "analysis".
func (step *CanaryStep) Text() string {
	switch {
	case step.SetWeight != nil:
		return fmt.Sprintf("setWeight: %d", *step.SetWeight)
	case step.Pause != nil && step.Pause.Duration != nil:
		return "pause: " + step.Pause.Duration.String()
	case step.Pause != nil:
		return "pause"
	case step.Experiment != nil:
		return "experiment"
	case step.Analysis != nil:
		return "analysis"
	case step.SetCanaryScale != nil:
		return step.SetCanaryScale.text()
	case step.Plugin != nil:
		return "plugin: " + step.Plugin.Name
	case step.SetHeaderRoute != nil:
		return "setHeaderRoute: " + step.SetHeaderRoute.Name
	case step.SetMirrorRoute != nil:
		return "setMirrorRoute: " + step.SetMirrorRoute.Name
	default:
		return "invalid"
	}
}

func (scale *SetCanaryScale) text() string {
	switch {
	case scale.Weight != nil:
		return fmt.Sprintf("setCanaryScale{weight: %d}", *scale.Weight)
	case scale.MatchTrafficWeight:
		return "setCanaryScale{matchTrafficWeight: true}"
	case scale.Replicas != nil:
		return fmt.Sprintf("setCanaryScale{replicas: %d}", *scale.Replicas)
	default:
		return "invalid"
	}
}
