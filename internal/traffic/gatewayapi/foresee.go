package gatewayapi

import (
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// foreseen is the first step whose header or mirror route will find no place in a route: too many rules, or a header that a rule compares
// already. It would stop the delivery in its middle, so it is tried on paper before it begins.
func (r Renderer) foreseen(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	routes := v1alpha1.GatewayAPIRoutes(ro)
	if len(routes) == 0 {
		return nil
	}
	total := v1alpha1.MaxTrafficWeight(ro)
	want := traffic.Routing{Total: total, Stable: traffic.Destination{Weight: total}}
	for _, managed := range ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
		want.Managed = append(want.Managed, managed.Name)
	}
	if _, err := r.Render(ro, found, want); err != nil {
		return nil // as it is already
	}
	for i, step := range ro.Spec.Strategy.Canary.Steps {
		kind := follow(&want, step)
		if kind == "" {
			continue
		}
		if _, err := r.Render(ro, found, want); err != nil {
			return []traffic.Finding{r.stuck(routes, stepPath(i, kind), err)}
		}
	}
	return nil
}

// follow sets the header and mirror routes as they are at a step, and names the kind of step; empty where it sets none.
func follow(want *traffic.Routing, step v1alpha1.CanaryStep) string {
	if h := step.SetHeaderRoute; h != nil {
		want.Headers = slices.DeleteFunc(want.Headers, func(old v1alpha1.SetHeaderRoute) bool { return old.Name == h.Name })
		want.Headers = append(want.Headers, *h)
		return headerStep
	}
	if m := step.SetMirrorRoute; m != nil {
		want.Mirrors = slices.DeleteFunc(want.Mirrors, func(old v1alpha1.SetMirrorRoute) bool { return old.Name == m.Name })
		want.Mirrors = append(want.Mirrors, *m)
		return mirrorStep
	}
	return ""
}

func (r Renderer) stuck(routes []v1alpha1.GatewayAPINamed, step *field.Path, err error) traffic.Finding {
	about, text := routes[0], err.Error()
	if problem := (&field.Error{}); errors.As(err, &problem) {
		text = problem.Detail
		if at := slices.IndexFunc(routes, func(named v1alpha1.GatewayAPINamed) bool { return named.Path.String() == problem.Field }); at >= 0 {
			about = routes[at]
		}
	}
	return traffic.Finding{
		Code: noRule, Blocks: true, Field: step, Object: r.ref(about), Path: "spec.rules",
		Text: fmt.Sprintf("%s would stop the delivery: %s", step, text),
	}
}
