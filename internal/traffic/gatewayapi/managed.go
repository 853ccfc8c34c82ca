package gatewayapi

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// manage puts the rules of the wanted header and mirror routes in front of our first rule, in the order of Managed, and removes the managed
// ones that are not wanted.
//
// A gateway does not go by the order of rules. For each request it takes the match with, in this order, an exact path, the longest
// prefix, a method, the most headers, the most query parameters; only what is equal in all of these is decided by the order of rules.
//
// So a header route cannot be one rule for all paths: the user's rule for a longer path would win over it. Every rule of ours gets a
// copy that asks for the header on top. Equal in path and method, it has one header more and wins for those requests which that rule would
// have got; a rule that won before, for its longer path or its method, wins still. A mirror route narrows our rules likewise, to what both
// it and the rule match; where it narrows nothing it is equal, and wins by standing in front. Neither takes requests that no rule of
// ours matches, and none is made of requests that all went to another rule: see spared. Where another rule matches some of the same
// requests and won over the copied one by less than what the copy adds (a header, for one, or a method where the mirror names a longer
// path), the copy wins over that, too.
//
// Among managed routes the order of Managed decides, for what is equal by the order of rules, for the rest by further matches: see share.
//
// In front of our first rule, rather than of all rules: two Rollouts that share a route would else move each other's rules for ever.
func (r *route) manage(ours []int) error {
	made, err := r.makeRules(ours)
	if err != nil {
		return err
	}
	if err := r.nameless(made); err != nil {
		return err
	}
	made = r.spared(made)
	rules := entry.Lists(r.object.Object, "spec", "rules")
	before := entry.List(r.object.Object, "spec", "rules")
	after := make([]any, 0, len(before)+len(made))
	for i, raw := range before {
		if i == ours[0] {
			for _, c := range named(made) {
				after = append(after, kept(before, c))
			}
		}
		if !r.managed(rules[i]) {
			after = append(after, raw)
		}
	}
	r.object.Object["spec"].(map[string]any)["rules"] = after
	if len(made) == 0 {
		return nil
	}
	return r.tooMany()
}

// copied is a rule of a managed route, and the index of the user's rule that it was copied from.
type copied struct {
	wish string
	from int
	rule map[string]any
}

// named are the rules with their names. All but the first of a route get a number, since names of rules are unique.
func named(made []copied) []map[string]any {
	var all []map[string]any
	count := map[string]int{}
	for _, c := range made {
		count[c.wish]++
		c.rule["name"] = c.wish
		if n := count[c.wish]; n > 1 {
			c.rule["name"] = fmt.Sprintf("%s.%d", c.wish, n)
		}
		all = append(all, c.rule)
	}
	return all
}

// wish is a managed route that steps ask for.
type wish struct {
	name string
	// conditions of a request, any of which is enough.
	conditions []v1alpha1.RouteMatch
	// change makes a copy of the user's rule answer as the wish says.
	change func(rule map[string]any)
}

// wishes are those for this route, in the order of Managed. A header is a condition like any other; what is not said of it is its presence.
func (r *route) wishes() []wish {
	var all []wish
	for _, name := range r.names() {
		for _, h := range r.want.Headers {
			if h.Name != name || !r.named.UseHeaderRoutes {
				continue
			}
			w := wish{name: name, change: r.lead}
			for _, m := range h.Match {
				w.conditions = append(w.conditions, v1alpha1.RouteMatch{Headers: map[string]v1alpha1.StringMatch{m.HeaderName: *cmp.Or(m.HeaderValue, &v1alpha1.StringMatch{})}})
			}
			all = append(all, w)
		}
		for _, m := range r.want.Mirrors {
			if m.Name == name {
				all = append(all, wish{name, m.Match, func(rule map[string]any) { r.mirror(rule, m) }})
			}
		}
	}
	return all
}

// makeRules returns the rules of all wanted routes in order, still with the names of the rules that they are copies of.
func (r *route) makeRules(ours []int) ([]copied, error) {
	var all []copied
	wishes, rules := r.wishes(), entry.Lists(r.object.Object, "spec", "rules")
	for i, wish := range wishes {
		for _, from := range ours {
			matches, err := r.matchesFor(wishes[i:], rules[from])
			if err != nil {
				return nil, err
			}
			for _, rule := range copies(rules[from], matches, wish.change) {
				all = append(all, copied{wish.name, from, rule})
				r.made[wish.name] = true
			}
		}
	}
	return all, nil
}

// lead answers with the canary alone.
func (r *route) lead(rule map[string]any) {
	to := copyOf(r.backend(rule, canary))
	to["weight"] = int64(1) // of one
	rule["backendRefs"] = []any{to}
}

// copies are the rule with other matches: one, or one for each match where the rule rewrites the prefix that it matches, since such a rule
// may have only one match.
func copies(rule map[string]any, matches []any, change func(map[string]any)) []map[string]any {
	var all []map[string]any
	groups := [][]any{matches}
	if rewritesPrefix(rule) {
		groups = slices.Collect(slices.Chunk(matches, 1))
	}
	for _, group := range groups {
		if len(group) == 0 {
			continue
		}
		made := runtime.DeepCopyJSON(rule)
		made["matches"] = group
		change(made)
		all = append(all, made)
	}
	return all
}

func rewritesPrefix(rule map[string]any) bool {
	filters := entry.Lists(rule, "filters")
	for _, ref := range entry.Lists(rule, "backendRefs") {
		filters = append(filters, entry.Lists(ref, "filters")...)
	}
	return slices.ContainsFunc(filters, func(filter map[string]any) bool {
		rewrite, _ := filter["urlRewrite"].(map[string]any)
		path, _ := rewrite["path"].(map[string]any)
		return entry.Text(path, "type") == "ReplacePrefixMatch"
	})
}

// mirror answers as the rule does, and sends a copy to the canary. A whole percentage is left out: it needs a feature that
// fewer gateways have.
func (r *route) mirror(rule map[string]any, m v1alpha1.SetMirrorRoute) {
	to := copyOf(r.backend(rule, canary))
	for _, key := range []string{"weight", "filters"} {
		delete(to, key)
	}
	settings := map[string]any{"backendRef": to}
	if percentage := v1alpha1.MirrorPercentage(&m); percentage < 100 {
		settings["percent"] = int64(percentage)
	}
	rule["filters"] = append(entry.List(rule, "filters"), map[string]any{"type": "RequestMirror", "requestMirror": settings})
	var refs []any
	for _, ref := range entry.Lists(rule, "backendRefs") {
		refs = append(refs, copyOf(ref))
	}
	rule["backendRefs"] = refs
}

// names are those of all managed routes in order.
func (r *route) names() []string {
	all := slices.Clone(r.want.Managed)
	for _, h := range r.want.Headers {
		all = with(all, h.Name)
	}
	for _, m := range r.want.Mirrors {
		all = with(all, m.Name)
	}
	return all
}

func with(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// managed tells by its name whether a rule is the first or a further one of a managed route.
func (r *route) managed(rule map[string]any) bool {
	return slices.ContainsFunc(r.names(), func(managed string) bool {
		rest, found := strings.CutPrefix(entry.Text(rule, "name"), managed)
		if !found || rest == "" {
			return found
		}
		number, err := strconv.Atoi(strings.TrimPrefix(rest, "."))
		return err == nil && rest[0] == '.' && number > 1
	})
}

// kept prefers the rule that is there already if it says the same, whichever way its numbers were decoded.
func kept(before []any, rule map[string]any) any {
	for _, raw := range before {
		if there, ok := raw.(map[string]any); ok && entry.Text(there, "name") == entry.Text(rule, "name") && entry.Same(there, rule) {
			return there
		}
	}
	return rule
}
