package v1alpha1

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateStep(ro *Rollout, step *CanaryStep, path *field.Path) field.ErrorList {
	errs := validateStepKind(step, path)
	canary := field.NewPath("spec", "strategy", "canary")
	routing := ro.Spec.Strategy.Canary.TrafficRouting
	if most := MaxTrafficWeight(ro); step.SetWeight != nil && (*step.SetWeight < 0 || *step.SetWeight > most) {
		errs = append(errs, field.Invalid(path.Child("setWeight"), *step.SetWeight, fmt.Sprintf("SetWeight needs to be between 0 and %d", most)))
	}
	if duration, limited := PauseDuration(step.Pause); limited && duration < 0 {
		errs = append(errs, field.Invalid(path.Child("pause", "duration"), step.Pause.Duration.String(), "Duration needs to be greater than 0"))
	}
	if step.SetCanaryScale != nil && routing == nil {
		errs = append(errs, field.Invalid(canary.Child("trafficRouting"), "", "SetCanaryScale requires TrafficRouting to be set"))
	}
	managed := canary.Child("trafficRouting", "managedRoutes")
	if route := step.SetHeaderRoute; route != nil {
		errs = append(errs, validateHeaderRoute(route, routing, path.Child("setHeaderRoute"))...)
		errs = append(errs, validateManaged(route.Name, routing, managed)...)
	}
	if route := step.SetMirrorRoute; route != nil {
		errs = append(errs, validateMirrorRoute(route, routing, path.Child("setMirrorRoute"))...)
		errs = append(errs, validateManaged(route.Name, routing, managed)...)
	}
	if step.Experiment != nil {
		errs = append(errs, validateExperimentStep(step.Experiment, routing, path)...)
	}
	if step.Analysis != nil {
		errs = append(errs, validateArgs(step.Analysis.Args, path.Child("analyses"))...)
	}
	return errs
}

// validateStepKind wants a step to do something, and only one of the things that exclude each other.
// Compat: the other kinds may stand beside each other; manifests that do so exist and work.
func validateStepKind(step *CanaryStep, path *field.Path) field.ErrorList {
	exclusive := map[string]bool{
		"setWeight": step.SetWeight != nil, "pause": step.Pause != nil,
		"experiment": step.Experiment != nil, "analysis": step.Analysis != nil,
	}
	count := 0
	for _, set := range exclusive {
		if set {
			count++
		}
	}
	others := step.SetCanaryScale != nil || step.SetHeaderRoute != nil || step.SetMirrorRoute != nil || step.Plugin != nil
	if count == 1 || (count == 0 && others) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, kindsOf(exclusive),
		"Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause")}
}

func validateHeaderRoute(route *SetHeaderRoute, routing *RolloutTrafficRouting, path *field.Path) field.ErrorList {
	if routing == nil || (routing.Istio == nil && routing.ALB == nil && routing.Apisix == nil && !routesByGatewayOrPlugin(routing)) {
		return field.ErrorList{field.Invalid(path, route.Name, "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix")}
	}
	var errs field.ErrorList
	for i, match := range route.Match {
		at := path.Child("match").Index(i).Child("headerValue")
		if routing.ALB == nil {
			errs = append(errs, validateMatch(match.HeaderValue, at)...)
			continue
		}
		if value := match.HeaderValue; value == nil || value.Exact == "" || value.Prefix != "" || value.Regex != "" {
			errs = append(errs, field.Invalid(at, matchText(value), "SetHeaderRoute match value invalid. ALB supports 'exact' value only"))
		}
	}
	return errs
}

func validateMirrorRoute(route *SetMirrorRoute, routing *RolloutTrafficRouting, path *field.Path) field.ErrorList {
	if routing == nil || (routing.Istio == nil && !routesByGatewayOrPlugin(routing)) {
		return field.ErrorList{field.Invalid(path, route.Name, "SetMirrorRoute requires TrafficRouting, supports Istio and Plugins")}
	}
	var errs field.ErrorList
	for i, match := range route.Match {
		at := path.Child("match").Index(i)
		if match.Method != nil {
			errs = append(errs, validateMatch(match.Method, at.Child("method"))...)
		}
		if match.Path != nil {
			errs = append(errs, validateMatch(match.Path, at.Child("path"))...)
		}
		for _, name := range slices.Sorted(maps.Keys(match.Headers)) {
			// An empty match asks only for the header's presence, so it stands.
			if header := match.Headers[name]; matches(&header) > 1 {
				errs = append(errs, validateMatch(&header, at.Child("headers").Key(name))...)
			}
		}
	}
	if share := MirrorPercentage(route); share < 0 || share > 100 {
		errs = append(errs, field.Invalid(path.Child("percentage"), share, "must be between 0 and 100"))
	}
	return errs
}

func validateMatch(match *StringMatch, path *field.Path) field.ErrorList {
	switch matches(match) {
	case 1:
		return nil
	case 0:
		return field.ErrorList{field.Invalid(path, matchText(match),
			"StringMatch value missed, match value must have one of the following: exact, regex, prefix")}
	}
	return field.ErrorList{field.Invalid(path, matchText(match),
		"StringMatch match value must have exactly one of the following: exact, regex, prefix")}
}

// matches is how many ways of comparing are set.
func matches(match *StringMatch) int {
	if match == nil {
		return 0
	}
	return 3 - len(slices.DeleteFunc([]string{match.Exact, match.Prefix, match.Regex}, func(s string) bool { return s != "" }))
}

func matchText(match *StringMatch) string {
	if match == nil {
		return "{}"
	}
	return kindsOf(map[string]bool{"exact": match.Exact != "", "prefix": match.Prefix != "", "regex": match.Regex != ""})
}

// validateManaged wants a step's route to be among those the router may be given.
func validateManaged(name string, routing *RolloutTrafficRouting, path *field.Path) field.ErrorList {
	if routing == nil {
		return nil
	}
	if len(routing.ManagedRoutes) == 0 {
		return field.ErrorList{field.Required(path, "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'")}
	}
	if slices.ContainsFunc(routing.ManagedRoutes, func(r MangedRoutes) bool { return r.Name == name }) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, name, "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes")}
}

func validateExperimentStep(step *RolloutExperimentStep, routing *RolloutTrafficRouting, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, template := range step.Templates {
		if template.Weight == nil {
			continue
		}
		at := path.Child("experiment", "templates").Index(i).Child("weight")
		switch {
		case routing == nil:
			errs = append(errs, field.Invalid(at, *template.Weight, "Experiment template weight cannot be set unless TrafficRouting is enabled"))
		case routing.SMI == nil && routing.ALB == nil && routing.Istio == nil && !routesByGatewayOrPlugin(routing):
			errs = append(errs, field.Invalid(at, *template.Weight,
				"Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time"))
		}
	}
	for _, analysis := range step.Analyses {
		errs = append(errs, validateArgs(analysis.Args, path.Child("analyses"))...)
	}
	return errs
}

func validateArgs(args []AnalysisRunArgument, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, arg := range args {
		if arg.ValueFrom == nil || arg.ValueFrom.FieldRef == nil || readable(arg.ValueFrom.FieldRef.FieldPath) {
			continue
		}
		errs = append(errs, field.Invalid(path, arg.ValueFrom.FieldRef.FieldPath,
			"Analyses arguments must refer to valid object metadata supported by downwardAPI"))
	}
	return errs
}

// readable tells whether a field path can be followed: below metadata as the downward API allows, elsewhere at will.
func readable(path string) bool {
	if !strings.HasPrefix(path, "metadata") {
		return true
	}
	switch path {
	case "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations":
		return true
	}
	for _, prefix := range []string{"metadata.labels['", "metadata.annotations['"} {
		if strings.HasPrefix(path, prefix) && strings.HasSuffix(path, "']") && len(path) > len(prefix)+len("']") {
			return true
		}
	}
	return false
}
