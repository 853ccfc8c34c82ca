package v1alpha1

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateExperiment finds everything about a spec that can be known to be wrong without looking at other objects, in the order in
// which users are told. An empty list means that the spec can be followed as far as it goes by itself.
func ValidateExperiment(ex *Experiment) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateGroups(ex, path.Child("templates"))
	if ex.Spec.Duration != "" {
		errs = append(errs, validateExperimentDuration(ex.Spec.Duration, path.Child("duration"))...)
	}
	errs = append(errs, notNegative(path.Child("progressDeadlineSeconds"), ex.Spec.ProgressDeadlineSeconds)...)
	errs = append(errs, notNegative(path.Child("scaleDownDelaySeconds"), ex.Spec.ScaleDownDelaySeconds)...)
	return append(errs, validateExperimentAnalyses(ex.Spec.Analyses, path.Child("analyses"))...)
}

func validateGroups(ex *Experiment, path *field.Path) field.ErrorList {
	if len(ex.Spec.Templates) == 0 {
		return field.ErrorList{field.Required(path, "an Experiment runs at least one template")}
	}
	var errs field.ErrorList
	names, services := sets.New[string](), sets.New[string]()
	for i := range ex.Spec.Templates {
		group, at := &ex.Spec.Templates[i], path.Index(i)
		errs = append(errs, validateGroupSelector(group.Selector, i, at.Child("selector"))...)
		if group.MinReadySeconds > ExperimentProgressDeadlineSeconds(ex) {
			errs = append(errs, field.Invalid(at.Child("minReadySeconds"), group.MinReadySeconds,
				fmt.Sprintf("MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index %d", i)))
		}
		errs = append(errs, validateGroupName(ex.Name, group.Name, names, at.Child("name"), i)...)
		errs = append(errs, notNegative(at.Child("replicas"), group.Replicas)...)
		errs = append(errs, notNegative(at.Child("minReadySeconds"), &group.MinReadySeconds)...)
		errs = append(errs, ValidatePodTemplate(&group.Template, withoutHash(group.Selector), at.Child("template"))...)
		errs = append(errs, validateGroupService(ex.Name, group, services, at.Child("service", "name"))...)
	}
	return errs
}

func validateGroupSelector(selector *metav1.LabelSelector, index int, path *field.Path) field.ErrorList {
	if selector == nil {
		return field.ErrorList{field.Required(path, fmt.Sprintf("Experiment has missing field '.spec.templates[%d].selector'", index))}
	}
	if len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return field.ErrorList{field.Invalid(path, "{}",
			fmt.Sprintf("This experiment is selecting all pods at index %d. A non-empty selector is required.", index))}
	}
	return metav1validation.ValidateLabelSelector(selector, metav1validation.LabelSelectorValidationOptions{}, path)
}

// validateGroupName wants a name of its own that can be the end of a ReplicaSet's name.
func validateGroupName(experiment, name string, names sets.Set[string], path *field.Path, index int) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, fmt.Sprintf("Experiment %s has empty template name at index %d", experiment, index))}
	}
	if names.Has(name) {
		return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("Experiment %s has repeated template name '%s' in templates", experiment, name))}
	}
	names.Insert(name)
	return invalid(path, name, validation.IsDNS1123Subdomain(name))
}

// withoutHash is a selector without the label that the pods get only when they are made: where a template was taken from another
// ReplicaSet, its selector may still name that one's.
func withoutHash(selector *metav1.LabelSelector) *metav1.LabelSelector {
	bare := selector.DeepCopy()
	if bare != nil {
		delete(bare.MatchLabels, DefaultRolloutUniqueLabelKey)
	}
	return bare
}

// validateGroupService wants a name that a Service can have, also where it takes the one of its ReplicaSet.
func validateGroupService(experiment string, group *TemplateSpec, names sets.Set[string], path *field.Path) field.ErrorList {
	if group.Service == nil {
		return nil
	}
	name := group.Service.Name
	if name == "" {
		name = experiment + "-" + group.Name
	}
	if names.Has(name) {
		return field.ErrorList{field.Duplicate(path, name)}
	}
	names.Insert(name)
	return invalid(path, name, validation.IsDNS1035Label(name))
}

func validateExperimentDuration(text DurationString, path *field.Path) field.ErrorList {
	duration, err := text.Duration()
	if err != nil || duration < 0 {
		return field.ErrorList{field.Invalid(path, string(text), "must be a duration such as 90s, 5m or 1h30m")}
	}
	return nil
}

func validateExperimentAnalyses(analyses []ExperimentAnalysisTemplateRef, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i := range analyses {
		analysis, at := &analyses[i], path.Index(i)
		switch {
		case analysis.Name == "":
			errs = append(errs, field.Required(at.Child("name"), "give it a name"))
		case names.Has(analysis.Name):
			errs = append(errs, field.Duplicate(at.Child("name"), analysis.Name))
		default:
			errs = append(errs, invalid(at.Child("name"), analysis.Name, validation.IsDNS1123Subdomain(analysis.Name))...)
		}
		names.Insert(analysis.Name)
		if analysis.TemplateName == "" {
			errs = append(errs, field.Required(at.Child("templateName"), "name the AnalysisTemplate to run"))
		}
	}
	return errs
}
