package rollout

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// invalid stops a Rollout whose spec cannot be followed. What is runs on: no pod, no Service and no route changes, with three exceptions.
// An abort is somebody's call for help, requests to nobody are lost, and those to a version that is known to be bad nearly so: all three
// take the requests back as far as the spec can still be understood.
func invalid(t *turn) outcome {
	problem := t.problem()
	if problem == nil {
		t.drop(v1alpha1.InvalidSpec)
		return goOn
	}
	t.setGeneric(condition(v1alpha1.InvalidSpec, corev1.ConditionTrue, string(v1alpha1.InvalidSpec),
		fmt.Sprintf("The Rollout %q is invalid: %s", t.ro.Name, problem)))
	switch {
	case t.blueGreen != nil && t.deserted():
		switched(t)
		led(t)
	case t.status.Abort && !t.fullyPromoted() && t.blueGreen != nil:
		aborted(t)
		switched(t)
		led(t)
	case t.status.Abort && !t.fullyPromoted():
		aborted(t)
		routed(t)
		pointed(t)
	case t.unanswered(), t.condemned():
		routed(t)
	}
	concluded(t)
	return enough
}

// condemned tells whether an analysis found the former template to be bad while the present one cannot be followed. Its requests go back,
// as they would if the present one could.
func (t *turn) condemned() bool {
	if t.status.CurrentPodHash == t.hash {
		return false
	}
	return slices.ContainsFunc(t.keptRuns(), func(kept keptRun) bool {
		run := kept.status()
		if run != nil && t.run(run.Name) != nil {
			run = inShort(t.run(run.Name))
		}
		return run != nil && (run.Status == v1alpha1.AnalysisPhaseFailed || run.Status == v1alpha1.AnalysisPhaseError)
	})
}

// problem is the first thing about the spec, or about what it refers to, that keeps us from following it.
func (t *turn) problem() *field.Error {
	for _, check := range []func() field.ErrorList{
		func() field.ErrorList { return v1alpha1.ValidateRollout(t.Rollout) },
		t.badWorkload,
		t.unsupported,
		t.badServices,
		t.badBudget,
		t.badAnalyses,
		t.badExperiments,
		t.badRoutes,
		t.contested,
	} {
		if errs := check(); len(errs) > 0 {
			return errs[0]
		}
	}
	return nil
}

// unsupported names what this version accepts in the API and cannot carry out. Going on without it would skip a safeguard silently.
func (t *turn) unsupported() field.ErrorList {
	spec := field.NewPath("spec")
	canary := spec.Child("strategy", "canary")
	var errs field.ErrorList
	refuse := func(path *field.Path, present bool) {
		if present {
			errs = append(errs, field.Forbidden(path, "not supported by this version of the controller; remove it to go on"))
		}
	}
	for i, step := range t.canary.Steps {
		path := canary.Child("steps").Index(i)
		refuse(path.Child("plugin"), step.Plugin != nil)
	}
	if routing := t.canary.TrafficRouting; routing != nil {
		path := canary.Child("trafficRouting")
		for _, name := range v1alpha1.OtherPlugins(routing) {
			refuse(path.Child("plugins").Key(name), true)
		}
	}
	return errs
}

// badBudget finds a least number of pods that two revisions cannot both have within the limit of pods.
func (t *turn) badBudget() field.ErrorList {
	least := t.canary.MinPodsPerReplicaSet
	if !t.limited() || least == nil || t.replicas() <= 1 || 2**least <= t.budget() {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec", "strategy", "canary", "minPodsPerReplicaSet"), *least,
		fmt.Sprintf("two versions of at least %d pods do not fit into %d: lower it, or grant more with maxSurge", *least, t.budget()))}
}

// badServices finds Services that do not exist or select other pods than the template makes.
func (t *turn) badServices() field.ErrorList {
	var errs field.ErrorList
	for path, name := range t.serviceFields() {
		if name == "" {
			continue
		}
		service := t.Services[name]
		if service == nil {
			errs = append(errs, field.Invalid(path, name, fmt.Sprintf("service %q not found; create it, or name one that exists", name)))
			continue
		}
		if key := t.foreignLabel(service); key != "" {
			errs = append(errs, field.Invalid(path, name, fmt.Sprintf("Service %q has unmatch label %q in rollout", name, key)))
		}
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return errs
}

// serviceFields are the fields that name Services.
func (t *turn) serviceFields() map[*field.Path]string {
	strategy := field.NewPath("spec", "strategy")
	if t.blueGreen != nil {
		path := strategy.Child("blueGreen")
		return map[*field.Path]string{path.Child("activeService"): t.blueGreen.ActiveService, path.Child("previewService"): t.blueGreen.PreviewService}
	}
	path := strategy.Child("canary")
	if pair := t.canary.PingPong; pair != nil {
		path = path.Child("pingPong")
		return map[*field.Path]string{path.Child("pingService"): pair.PingService, path.Child("pongService"): pair.PongService}
	}
	return map[*field.Path]string{path.Child("canaryService"): t.canary.CanaryService, path.Child("stableService"): t.canary.StableService}
}

// foreignLabel is a label that a Service selects and the pods do not bear.
func (t *turn) foreignLabel(service *corev1.Service) string {
	for _, key := range slices.Sorted(maps.Keys(service.Spec.Selector)) {
		if key != v1alpha1.DefaultRolloutUniqueLabelKey && t.ro.Spec.Template.Labels[key] != service.Spec.Selector[key] {
			return key
		}
	}
	return ""
}

// badRoutes asks every mesh whether it could carry the Rollout's routing at all.
func (t *turn) badRoutes() field.ErrorList {
	if t.canary.TrafficRouting == nil {
		return nil
	}
	if finding := t.blocking(); finding != nil {
		return field.ErrorList{finding.Error()}
	}
	for _, route := range t.Routes {
		_, err := route.Differences(t.ro, t.routing(t.carried()))
		var problem *field.Error
		switch {
		case err == nil:
		case errors.As(err, &problem):
			return field.ErrorList{problem}
		default:
			return field.ErrorList{field.InternalError(field.NewPath("spec", "strategy", "canary", "trafficRouting"), err)}
		}
	}
	return nil
}

// contested refuses entries that another Rollout was first to claim: two writers would undo each other's work for ever.
func (t *turn) contested() field.ErrorList {
	if len(t.Rivals) == 0 {
		return nil
	}
	first := t.Rivals[0]
	return field.ErrorList{field.Invalid(first.Field, first.What,
		fmt.Sprintf("is managed by another Rollout, %s; give each Rollout its own", first.Rollout))}
}
