package gatewayapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// outranks tells whether a gateway prefers one match to another wherever their rules stand. Where regular expressions stand is up to the
// gateway, so one is taken to outrank.
func (r *route) outranks(match, other map[string]any) bool {
	return slices.Compare(r.rank(match), r.rank(other)) > 0
}

// rank is what gateways compare, the first number first.
func (r *route) rank(match map[string]any) []int {
	headers := len(entry.List(match, "headers"))
	if r.named.Kind != httpRoute {
		return []int{len(entry.Text(match, "method", "service")), len(entry.Text(match, "method", "method")), headers}
	}
	path, method := pathOf(match), min(len(entry.Text(match, "method")), 1)
	kind := map[string]int{exact: 1, expression: 2}[path.kind]
	return []int{kind, len(path.value), method, headers, len(entry.List(match, "queryParams"))}
}

// spared are the copies without those matches whose requests all went to another rule of the user than the one that was copied: it was for a
// longer path, say, and the step names one that is longer still.
func (r *route) spared(made []copied) []copied {
	return slices.DeleteFunc(made, func(c copied) bool {
		matches := slices.DeleteFunc(entry.List(c.rule, "matches"), func(raw any) bool {
			match, _ := raw.(map[string]any)
			return r.elsewhere(match, c.from)
		})
		c.rule["matches"] = matches
		return len(matches) == 0
	})
}

// elsewhere tells whether a rule of the user got all requests of a match before the one that it was copied from. Of equals, the first rule did.
func (r *route) elsewhere(match map[string]any, from int) bool {
	rules := entry.Lists(r.object.Object, "spec", "rules")
	own := r.holding(rules[from], match)
	for i, rule := range rules {
		if rule == nil || i == from || r.managed(rule) {
			continue
		}
		for _, theirs := range r.holding(rule, match) {
			wins := func(m map[string]any) bool { return r.outranks(m, theirs) || i > from && !r.outranks(theirs, m) }
			if !slices.ContainsFunc(own, wins) {
				return true
			}
		}
	}
	return false
}

// holding are the matches of a rule that all requests of a match meet.
func (r *route) holding(rule, match map[string]any) []map[string]any {
	return slices.DeleteFunc(r.matches(rule), func(m map[string]any) bool { return !holds(m, match) })
}

// holds tells whether every request that meets the one match meets the other. A false answer may be wrong, a true one is not.
func holds(wide, narrow map[string]any) bool {
	for _, key := range []string{"headers", "queryParams"} {
		all := entry.Lists(narrow, key)
		if slices.ContainsFunc(entry.Lists(wide, key), func(asked map[string]any) bool { return !asks(all, asked) }) {
			return false
		}
	}
	return pathOf(wide).holds(pathOf(narrow)) && (wide["method"] == nil || entry.Same(wide["method"], narrow["method"]))
}

// asks tells whether one of some comparisons is this one.
func asks(all []map[string]any, one map[string]any) bool {
	return slices.ContainsFunc(all, func(other map[string]any) bool {
		same := strings.EqualFold(entry.Text(other, "name"), entry.Text(one, "name")) && entry.Text(other, "value") == entry.Text(one, "value")
		return same && cmp.Or(entry.Text(other, "type"), exact) == cmp.Or(entry.Text(one, "type"), exact)
	})
}

// holds tells whether every request on the narrow path is on this one.
func (p path) holds(narrow path) bool {
	switch {
	case p == path{pathPrefix, "/"}:
		return true
	case p.kind == pathPrefix && narrow.kind != expression:
		return within(narrow.value, p.value)
	}
	return p == narrow
}
