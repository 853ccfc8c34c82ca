package gatewayapi

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// Codes of findings.
const (
	notAccepted  = "KAN-GWA01"
	notResolved  = "KAN-GWA02"
	notSupported = "KAN-GWA03"
	halfRule     = "KAN-GWA04"
	halfTaken    = "KAN-GWA05"
	noRule       = "KAN-GWA06"
)

// Inspect finds routes that a gateway refuses, steps that it or the route cannot carry out, and rules that will not be weighed.
func (r Renderer) Inspect(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	var all []traffic.Finding
	for _, named := range v1alpha1.GatewayAPIRoutes(ro) {
		object := traffic.Find(found, r.ref(named).Empty())
		if object == nil {
			continue
		}
		look := inspection{ro: ro, named: named, ref: r.ref(named), object: object}
		all = append(all, look.reported()...)
		all = append(all, look.halfRules()...)
	}
	all = append(all, r.unsupported(ro, found)...)
	all = append(all, r.foreseen(ro, found)...)
	slices.SortStableFunc(all, func(a, b traffic.Finding) int { return rank(a) - rank(b) })
	return all
}

func rank(f traffic.Finding) int {
	if f.Blocks {
		return 0
	}
	return 1
}

// inspection is a look at one route.
type inspection struct {
	ro     *v1alpha1.Rollout
	named  v1alpha1.GatewayAPINamed
	ref    traffic.Ref
	object *unstructured.Unstructured
}

func (l inspection) finding(code string, blocks bool, path string, text string) traffic.Finding {
	return traffic.Finding{Code: code, Blocks: blocks, Field: l.named.Path, Object: l.ref, Path: path, Text: text}
}

// reported are what the controllers of the parents say against the route as it is. A route that one of them has taken is fine there.
func (l inspection) reported() []traffic.Finding {
	var all []traffic.Finding
	for i, p := range parents(l.object) {
		path := fmt.Sprintf("spec.parentRefs[%d]", i)
		var against []traffic.Finding
		for _, report := range reports(l.object, p) {
			against = l.against(report, path)
			if len(against) == 0 {
				break
			}
		}
		all = append(all, against...)
	}
	return all
}

// against blocks where requests to our Services are not answered by them: a gateway does not serve a refused route, and answers 500 for the share
// of a reference that it cannot resolve. What passes by itself is no finding but waited for: a route that is looked at still, and a
// Service that is not seen yet.
func (l inspection) against(r report, path string) []traffic.Finding {
	var all []traffic.Finding
	if c := r.condition(accepted); r.is(accepted, "False") && entry.Text(c, "reason") != "Pending" {
		all = append(all, l.finding(notAccepted, true, path,
			fmt.Sprintf("%s refuses it (%s), so no weight has an effect there: mend what it names, or take that parent out", r.parent, because(c))))
	}
	if c := r.condition(resolved); r.is(resolved, "False") && entry.Text(c, "reason") != "BackendNotFound" {
		ours := mayBeOurs(l.object, c, l.ro)
		all = append(all, l.finding(notResolved, ours, path,
			fmt.Sprintf("%s cannot follow one of its references (%s) and answers 500 in its place: %s", r.parent, because(c), wayOut(c))))
	}
	if c := r.condition("PartiallyInvalid"); r.is("PartiallyInvalid", "True") {
		all = append(all, l.finding(halfTaken, false, path,
			fmt.Sprintf("%s has taken only parts of it (%s); the others are as they were, or gone: mend what it names", r.parent, because(c))))
	}
	return all
}

func wayOut(condition map[string]any) string {
	if entry.Text(condition, "reason") == "RefNotPermitted" {
		return "allow it with a ReferenceGrant in the namespace of the Service"
	}
	return "mend what it names"
}

// halfRules are those that lead to the stable Service alone beside others that lead to both. Where a rule was picked by its name, the
// others were left out on purpose.
func (l inspection) halfRules() []traffic.Finding {
	if l.named.RuleName != "" {
		return nil
	}
	r := seen(l.ro, l.named, l.object)
	var half []traffic.Finding
	whole := false
	for i, rule := range entry.Lists(l.object.Object, "spec", "rules") {
		count := r.count(rule)
		whole = whole || (count[canary] > 0 && count[stable] > 0)
		if count[stable] == 0 || count[canary] > 0 || r.managed(rule) {
			continue
		}
		half = append(half, l.finding(halfRule, false, describe(rule, i),
			fmt.Sprintf("leads to Service %s alone, so its requests see the new version only when it is stable: add %s to its backendRefs if they shall take part",
				r.want.Stable.Service, r.entry(r.want.Canary.Service, r.backend(rule, stable)))))
	}
	if !whole {
		return nil
	}
	return half
}

// seen is a route to be looked at, not edited.
func seen(ro *v1alpha1.Rollout, named v1alpha1.GatewayAPINamed, object *unstructured.Unstructured) *route {
	r := &route{named: named, object: object, home: ro.Namespace}
	r.want.Canary.Service, r.want.Stable.Service = v1alpha1.CanaryServices(ro)
	for _, managed := range ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
		r.want.Managed = append(r.want.Managed, managed.Name)
	}
	return r
}

// stepPath is the field of a step.
func stepPath(i int, kind string) *field.Path {
	return field.NewPath("spec", "strategy", "canary", "steps").Index(i).Child(kind)
}
