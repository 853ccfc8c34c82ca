package v1alpha1

import "time"

// TemplateReplicas is the number of pods that a template of an Experiment wants.
func TemplateReplicas(t *TemplateSpec) int32 { return or(t.Replicas, DefaultReplicas) }

// ExperimentProgressDeadline is how long a template may make no progress towards being available.
func ExperimentProgressDeadline(ex *Experiment) time.Duration {
	return time.Duration(ExperimentProgressDeadlineSeconds(ex)) * time.Second
}

// ExperimentProgressDeadlineSeconds is the same in seconds, as messages give it.
func ExperimentProgressDeadlineSeconds(ex *Experiment) int32 {
	return or(ex.Spec.ProgressDeadlineSeconds, DefaultProgressDeadlineSeconds)
}

// ExperimentScaleDownDelay is how long the pods of an Experiment stay after its end; zero lets them go at once.
func ExperimentScaleDownDelay(ex *Experiment) time.Duration {
	return time.Duration(or(ex.Spec.ScaleDownDelaySeconds, int32(DefaultScaleDownDelay/time.Second))) * time.Second
}

// ExperimentDuration is how long an Experiment runs from when all of its templates are; false without a limit, and for what
// validation refuses.
func ExperimentDuration(ex *Experiment) (time.Duration, bool) {
	if ex.Spec.Duration == "" {
		return 0, false
	}
	duration, err := ex.Spec.Duration.Duration()
	return duration, err == nil
}

// ExperimentServiceNames lists the Services that an Experiment's templates name, each once. Those that take the name of their
// ReplicaSet are not among them.
func ExperimentServiceNames(ex *Experiment) []string {
	var names []string
	for _, t := range ex.Spec.Templates {
		if t.Service != nil && t.Service.Name != "" {
			names = append(names, t.Service.Name)
		}
	}
	return names
}

// ExperimentTemplateRefs are the AnalysisTemplates that an Experiment's analyses name, in their order.
func ExperimentTemplateRefs(ex *Experiment) []AnalysisTemplateRef {
	refs := make([]AnalysisTemplateRef, len(ex.Spec.Analyses))
	for i, a := range ex.Spec.Analyses {
		refs[i] = a.Ref()
	}
	return refs
}

// Ref is the AnalysisTemplate that an analysis names.
func (a *ExperimentAnalysisTemplateRef) Ref() AnalysisTemplateRef {
	return AnalysisTemplateRef{TemplateName: a.TemplateName, ClusterScope: a.ClusterScope}
}
