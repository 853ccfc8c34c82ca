package apisix

import (
	"fmt"
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// headerRoutes is what the ApisixRoutes of header routes are made from.
type headerRoutes struct {
	ro    *v1alpha1.Rollout
	base  *unstructured.Unstructured
	rules []rule
	found []*unstructured.Unstructured
}

func (h headerRoutes) render(wanted []v1alpha1.SetHeaderRoute) ([]*unstructured.Unstructured, error) {
	byName := map[string]v1alpha1.SetHeaderRoute{}
	for _, route := range wanted {
		if len(route.Match) > 0 {
			byName[route.Name] = route
		}
	}
	var all []*unstructured.Unstructured
	for i, managed := range entry.Routing(h.ro).ManagedRoutes {
		before := traffic.Find(h.found, headerRef(h.ro, managed.Name).Empty())
		foreign := before != nil && !metav1.IsControlledBy(before, h.ro)
		route, ok := byName[managed.Name]
		switch {
		case ok && foreign:
			text := fmt.Sprintf("duplicate ApisixRoute [%s] already exists: delete or rename that ApisixRoute, or give the managed route another name", managed.Name)
			return nil, field.Invalid(managedPath.Index(i).Child("name"), managed.Name, text)
		case ok:
			all = append(all, h.headerRoute(route, before))
		case foreign && managed.Name != h.base.GetName():
			all = append(all, before.DeepCopy()) // it stays: it is none of ours
		}
	}
	return all, nil
}

// headerRoute holds our rules alone, each leading to the canary, with the headers beside what it asks for anyway, and just before the
// rule that it is made from.
func (h headerRoutes) headerRoute(route v1alpha1.SetHeaderRoute, before *unstructured.Unstructured) *unstructured.Unstructured {
	object := headerRef(h.ro, route.Name).Empty()
	if before != nil {
		object = before.DeepCopy()
	} else {
		object.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(h.ro, v1alpha1.RolloutGVK)})
	}
	var rules []any
	for _, r := range h.rules {
		rules = append(rules, headerRule(r, route.Match))
	}
	spec := map[string]any{"http": rules}
	if class := entry.At(h.base.Object, "spec", "ingressClassName"); class != nil {
		spec["ingressClassName"] = class
	}
	if !entry.Same(object.Object["spec"], spec) {
		object.Object["spec"] = spec
	}
	return object
}

func headerRule(r rule, matches []v1alpha1.HeaderRoutingMatch) map[string]any {
	made := runtime.DeepCopyJSON(r.fields)
	to := runtime.DeepCopyJSON(r.canary)
	to["weight"] = int64(100)
	made["backends"] = []any{to}
	made["priority"] = entry.Number(made["priority"]) + 1
	match, ok := made["match"].(map[string]any)
	if !ok {
		match = map[string]any{}
		made["match"] = match
	}
	exprs := entry.List(match, "exprs")
	for _, m := range matches {
		exprs = append(exprs, expr(m))
	}
	match["exprs"] = exprs
	return made
}

// expr compares one header. A prefix is compared by a regular expression, there is nothing else, in which its characters stand for themselves.
func expr(match v1alpha1.HeaderRoutingMatch) map[string]any {
	value := match.HeaderValue
	if value == nil {
		value = &v1alpha1.StringMatch{}
	}
	op, text := "RegexMatch", value.Regex
	switch {
	case value.Exact != "":
		op, text = "Equal", value.Exact
	case value.Regex == "":
		text = "^" + regexp.QuoteMeta(value.Prefix) + ".*"
	}
	return map[string]any{"subject": map[string]any{"scope": "Header", "name": match.HeaderName}, "op": op, "value": text}
}
