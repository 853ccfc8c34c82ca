package gatewayapi

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// route is one route while it is edited. The object is a copy of its own.
type route struct {
	named  v1alpha1.GatewayAPINamed
	object *unstructured.Unstructured
	home   string // namespace of the Rollout and its Services
	want   traffic.Routing
	made   map[string]bool // managed names for which there is a rule, over all routes
}

func (r *route) render() error {
	ours, err := r.ourRules()
	if err != nil {
		return err
	}
	rules := entry.Lists(r.object.Object, "spec", "rules")
	for _, i := range ours {
		r.weigh(rules[i])
	}
	if !matchesRequests(r.named.Kind) {
		return nil
	}
	return r.manage(ours)
}

// ourRules are the indices of the rules to be weighed: those that lead to both Services, or the one that was picked by its name.
//
// A rule that leads to the stable Service alone stays as it is when another leads to both: it may be meant so, such as for a path that must not
// see two versions. When no rule leads to both, a weight would have nowhere to go, and that is an error.
func (r *route) ourRules() ([]int, error) {
	var all []int
	for i, rule := range entry.Lists(r.object.Object, "spec", "rules") {
		if r.managed(rule) || (r.named.RuleName != "" && entry.Text(rule, "name") != r.named.RuleName) {
			continue
		}
		count := r.count(rule)
		if count[canary] == 0 || count[stable] == 0 {
			continue
		}
		if count[canary] > 1 || count[stable] > 1 {
			return nil, r.invalid("%s leads to one of the two Services more than once, so no weight would be its share: keep one backendRef for each", describe(rule, i))
		}
		all = append(all, i)
	}
	if len(all) == 0 {
		return nil, r.lacking()
	}
	return all, nil
}

// lacking says what is missing in a route of which no rule leads to both Services.
func (r *route) lacking() error {
	rules := entry.Lists(r.object.Object, "spec", "rules")
	for i, rule := range rules {
		if r.managed(rule) || (r.named.RuleName != "" && entry.Text(rule, "name") != r.named.RuleName) {
			continue
		}
		count := r.count(rule)
		if there := r.backend(rule, stable); count[canary] == 0 && there != nil {
			return r.invalid("%s leads to Service %s alone: add %s to its backendRefs", describe(rule, i), r.want.Stable.Service, r.entry(r.want.Canary.Service, there))
		}
		if there := r.backend(rule, canary); count[stable] == 0 && there != nil {
			return r.invalid("%s leads to Service %s alone: add %s to its backendRefs", describe(rule, i), r.want.Canary.Service, r.entry(r.want.Stable.Service, there))
		}
	}
	which := "it has no rule that leads"
	if r.named.RuleName != "" {
		which = fmt.Sprintf("it has no rule named %q that leads", r.named.RuleName)
	}
	return r.invalid("%s to Service %s and Service %s of namespace %q: add both to the backendRefs of one%s",
		which, r.want.Stable.Service, r.want.Canary.Service, r.home, r.namespaceToo())
}

// namespaceToo reminds of what has to be written in a route of another namespace.
func (r *route) namespaceToo() string {
	if r.object.GetNamespace() == r.home {
		return ""
	}
	return ", with namespace: " + r.home
}

// entry is what to add, with the port and the namespace of the entry that is there.
func (r *route) entry(service string, there map[string]any) string {
	namespace := ""
	if name := entry.Text(there, "namespace"); name != "" {
		namespace = ", namespace: " + name
	}
	return fmt.Sprintf("{name: %s%s, port: %d, weight: 0}", service, namespace, cmp.Or(entry.Number(there["port"]), 80))
}

func describe(rule map[string]any, i int) string {
	if name := entry.Text(rule, "name"); name != "" {
		return fmt.Sprintf("spec.rules[%d] (%s)", i, name)
	}
	return fmt.Sprintf("spec.rules[%d]", i)
}

func (r *route) invalid(format string, arguments ...any) error {
	where := fmt.Sprintf("%s `%s`: ", r.named.Kind, cmp.Or(r.object.GetName(), r.named.Name))
	return field.Invalid(r.named.Path, r.named.Name, where+fmt.Sprintf(format, arguments...))
}
