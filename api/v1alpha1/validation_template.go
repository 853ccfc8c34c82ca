package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidatePodTemplate finds the mistakes in a pod template that users make. It is narrower than the API server's own
// check, which still has the last word when a ReplicaSet or a Pod is created; what it refuses no API server accepts.
// Absent fields count as what the API server would fill in. A nil selector is not compared.
func ValidatePodTemplate(template *corev1.PodTemplateSpec, selector *metav1.LabelSelector, path *field.Path) field.ErrorList {
	metadata := path.Child("metadata")
	errs := metav1validation.ValidateLabels(template.Labels, metadata.Child("labels"))
	errs = append(errs, apivalidation.ValidateAnnotations(template.Annotations, metadata.Child("annotations"))...)
	if chosen, err := metav1.LabelSelectorAsSelector(selector); selector != nil && err == nil && !chosen.Matches(labels.Set(template.Labels)) {
		errs = append(errs, field.Invalid(metadata.Child("labels"), labels.Set(template.Labels).String(), "`selector` does not match template `labels`"))
	}
	return append(errs, validatePodSpec(&template.Spec, path.Child("spec"))...)
}

func validatePodSpec(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if policy := spec.RestartPolicy; policy != "" && policy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("restartPolicy"), policy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicaSet is not Supported"))
	}
	if name := spec.ServiceAccountName; name != "" {
		errs = append(errs, invalid(path.Child("serviceAccountName"), name, validation.IsDNS1123Subdomain(name))...)
	}
	if spec.TerminationGracePeriodSeconds != nil && *spec.TerminationGracePeriodSeconds < 0 {
		errs = append(errs, field.Invalid(path.Child("terminationGracePeriodSeconds"), *spec.TerminationGracePeriodSeconds, "must be greater than or equal to 0"))
	}
	errs = append(errs, metav1validation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector"))...)
	volumes, problems := validateVolumes(spec.Volumes, path.Child("volumes"))
	errs = append(errs, problems...)
	errs = append(errs, validateContainers(spec, volumes, path)...)
	return append(errs, validateSpread(spec.TopologySpreadConstraints, path.Child("topologySpreadConstraints"))...)
}

// validateVolumes also returns the names, for the mounts to be compared with.
func validateVolumes(volumes []corev1.Volume, path *field.Path) (sets.Set[string], field.ErrorList) {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, volume := range volumes {
		errs = append(errs, uniqueLabel(volume.Name, names, path.Index(i).Child("name"))...)
	}
	return names, errs
}

func validateContainers(spec *corev1.PodSpec, volumes sets.Set[string], path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(spec.Containers) == 0 {
		errs = append(errs, field.Required(path.Child("containers"), "a pod needs at least one container"))
	}
	seen := containersSeen{volumes: volumes, names: sets.New[string](), hostPorts: sets.New[string]()}
	for i := range spec.Containers {
		container, at := &spec.Containers[i], path.Child("containers").Index(i)
		errs = append(errs, seen.validate(container, at)...)
		errs = append(errs, validateProbes(container, at)...)
	}
	for i := range spec.InitContainers {
		container, at := &spec.InitContainers[i], path.Child("initContainers").Index(i)
		// Init containers run one after the other, so a host port of one does not take it from the next.
		seen.hostPorts = sets.New[string]()
		errs = append(errs, seen.validate(container, at)...)
		// Only one that stays beside the others may be probed.
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			errs = append(errs, validateProbes(container, at)...)
		}
	}
	return errs
}

func validateSpread(constraints []corev1.TopologySpreadConstraint, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, constraint := range constraints {
		at := path.Index(i)
		if constraint.MaxSkew <= 0 {
			errs = append(errs, field.Invalid(at.Child("maxSkew"), constraint.MaxSkew, "must be greater than zero"))
		}
		if constraint.TopologyKey == "" {
			errs = append(errs, field.Required(at.Child("topologyKey"), "can not be empty"))
		}
		action := constraint.WhenUnsatisfiable
		if action != corev1.DoNotSchedule && action != corev1.ScheduleAnyway {
			errs = append(errs, field.NotSupported(at.Child("whenUnsatisfiable"), action,
				[]corev1.UnsatisfiableConstraintAction{corev1.DoNotSchedule, corev1.ScheduleAnyway}))
		}
		pair := "{" + constraint.TopologyKey + ", " + string(action) + "}"
		if seen.Has(pair) {
			errs = append(errs, field.Duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), pair))
		}
		seen.Insert(pair)
		errs = append(errs, metav1validation.ValidateLabelSelector(constraint.LabelSelector, metav1validation.LabelSelectorValidationOptions{}, at.Child("labelSelector"))...)
	}
	return errs
}

// uniqueLabel wants a name that is a DNS label and not among those before it, and adds it to them.
func uniqueLabel(name string, names sets.Set[string], path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "give it a name")}
	}
	if names.Has(name) {
		return field.ErrorList{field.Duplicate(path, name)}
	}
	names.Insert(name)
	return invalid(path, name, validation.IsDNS1123Label(name))
}

func invalid(path *field.Path, value any, problems []string) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range problems {
		errs = append(errs, field.Invalid(path, value, problem))
	}
	return errs
}
