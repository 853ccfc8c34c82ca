package v1alpha1

import (
	"errors"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateRollout finds everything about a spec that can be known to be wrong without looking at other objects, in
// the order in which users are told. An empty list means that the spec can be followed as far as it goes by itself.
func ValidateRollout(ro *Rollout) field.ErrorList {
	path := field.NewPath("spec")
	errs := notNegative(path.Child("replicas"), ro.Spec.Replicas)
	errs = append(errs, validateSelector(&ro.Spec, path.Child("selector"))...)
	errs = append(errs, validateRolloutTemplate(&ro.Spec, path.Child("template"))...)
	errs = append(errs, notNegative(path.Child("minReadySeconds"), &ro.Spec.MinReadySeconds)...)
	errs = append(errs, notNegative(path.Child("revisionHistoryLimit"), ro.Spec.RevisionHistoryLimit)...)
	errs = append(errs, validateDeadline(ro, path.Child("progressDeadlineSeconds"))...)
	return append(errs, validateStrategy(ro, path.Child("strategy"))...)
}

func validateSelector(spec *RolloutSpec, path *field.Path) field.ErrorList {
	if spec.Selector == nil {
		if spec.WorkloadRef != nil {
			return nil
		}
		return field.ErrorList{field.Required(path, "Rollout has missing field '.spec.selector'")}
	}
	errs := metav1validation.ValidateLabelSelector(spec.Selector, metav1validation.LabelSelectorValidationOptions{}, path)
	if len(spec.Selector.MatchLabels)+len(spec.Selector.MatchExpressions) == 0 {
		errs = append(errs, field.Invalid(path, "{}", "empty selector is invalid for deployment"))
	}
	if _, err := metav1.LabelSelectorAsSelector(spec.Selector); err != nil && len(errs) == 0 {
		errs = append(errs, field.Invalid(path, metav1.FormatLabelSelector(spec.Selector), "invalid label selector"))
	}
	return errs
}

func validateRolloutTemplate(spec *RolloutSpec, path *field.Path) field.ErrorList {
	template := &spec.Template
	if spec.WorkloadRef == nil {
		return ValidatePodTemplate(template, spec.Selector, path)
	}
	if len(template.Labels)+len(template.Annotations)+len(template.Spec.Containers) > 0 {
		return field.ErrorList{field.InternalError(path, errors.New("template must be empty for workload reference rollout"))}
	}
	return nil
}

func validateDeadline(ro *Rollout, path *field.Path) field.ErrorList {
	errs := notNegative(path, ro.Spec.ProgressDeadlineSeconds)
	if deadline := ProgressDeadlineSeconds(ro); deadline <= ro.Spec.MinReadySeconds {
		errs = append(errs, field.Invalid(path, deadline, "must be greater than minReadySeconds"))
	}
	return errs
}

func validateStrategy(ro *Rollout, path *field.Path) field.ErrorList {
	strategy := ro.Spec.Strategy
	switch {
	case strategy.BlueGreen == nil && strategy.Canary == nil:
		return field.ErrorList{field.Required(path, "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'")}
	case strategy.BlueGreen != nil && strategy.Canary != nil:
		return field.ErrorList{field.Invalid(path, "blueGreen, canary", "Multiple Strategies can not be listed")}
	case strategy.BlueGreen != nil:
		return validateBlueGreen(ro, path.Child("blueGreen"))
	}
	return validateCanary(ro, path.Child("canary"))
}

func validateBlueGreen(ro *Rollout, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	blueGreen := ro.Spec.Strategy.BlueGreen
	if blueGreen.ActiveService == blueGreen.PreviewService {
		errs = append(errs, field.Invalid(path.Child("activeService"), blueGreen.ActiveService, sameService("active", "preview")))
	}
	limit := blueGreen.ScaleDownDelayRevisionLimit
	if limit != nil && RevisionHistoryLimit(ro) < *limit {
		errs = append(errs, field.Invalid(path.Child("scaleDownDelayRevisionLimit"), *limit,
			"This rollout's revision history limit can not be smaller than the rollout's scale down limit"))
	}
	return append(errs, validateAntiAffinity(blueGreen.AntiAffinity, path.Child("antiAffinity"))...)
}

func sameService(one, other string) string {
	return "This rollout uses the same service for the " + one + " and " + other + " services, but two different services are required."
}

func validateAntiAffinity(affinity *AntiAffinity, path *field.Path) field.ErrorList {
	if affinity == nil {
		return nil
	}
	preferred, required := affinity.PreferredDuringSchedulingIgnoredDuringExecution, affinity.RequiredDuringSchedulingIgnoredDuringExecution
	if (preferred == nil) == (required == nil) {
		return field.ErrorList{field.Invalid(path, kindsOf(map[string]bool{
			"preferredDuringSchedulingIgnoredDuringExecution": preferred != nil,
			"requiredDuringSchedulingIgnoredDuringExecution":  required != nil,
		}), "AntiAffinity must have exactly one strategy listed")}
	}
	if preferred != nil && (preferred.Weight < 1 || preferred.Weight > 100) {
		return field.ErrorList{field.Invalid(path.Child("preferredDuringSchedulingIgnoredDuringExecution", "weight"),
			preferred.Weight, "AntiAffinity weight must be between 1-100")}
	}
	return nil
}

// kindsOf names the fields that are set, for the value in an error.
func kindsOf(set map[string]bool) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] {
			names = append(names, name)
		}
	}
	return "{" + strings.Join(names, ", ") + "}"
}

func notNegative(path *field.Path, value *int32) field.ErrorList {
	if value == nil || *value >= 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *value, "must be greater than or equal to 0")}
}
