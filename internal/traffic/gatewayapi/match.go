package gatewayapi

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// Types of a comparison in the Gateway API.
const (
	exact      = "Exact"
	pathPrefix = "PathPrefix"
	expression = "RegularExpression"
)

// A request matches a rule if it meets all conditions of one of its matches. What is made here is the part that two sides
// have in common: each match of a rule with each match of a step, without the pairs that no request can meet.

// matchesFor are what the first of some wishes gets of a rule of ours.
func (r *route) matchesFor(wishes []wish, rule map[string]any) ([]any, error) {
	var all []any
	for _, theirs := range r.matches(rule) {
		shares, err := r.share(wishes, rule, theirs)
		if err != nil {
			return nil, err
		}
		for _, match := range shares {
			if !slices.ContainsFunc(all, func(there any) bool { return entry.Same(there, match) }) {
				all = append(all, match)
			}
		}
	}
	return all, nil
}

// share is what the first of some wishes gets of one match of a rule. A wish behind it may stand in front in the eyes of a gateway: a
// mirror for a method wins over a header, wherever its rule stands. For the requests that both of them match the first one then asks for
// as much as the other.
func (r *route) share(wishes []wish, rule, match map[string]any) ([]map[string]any, error) {
	first := wishes[0]
	all, err := r.narrowed(first, rule, match)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	for i := len(wishes) - 1; i > 0; i-- {
		behind, err := r.share(wishes[i:], rule, match)
		if err != nil {
			return nil, err
		}
		for _, theirs := range behind {
			both, err := r.both(first, rule, theirs, all)
			if err != nil {
				return nil, err
			}
			all = append(all, both...)
		}
	}
	return all, nil
}

// both is what a wish has in common with a match that stands behind it, as far as that would win over the matches that the wish has.
func (r *route) both(w wish, rule, behind map[string]any, have []map[string]any) ([]map[string]any, error) {
	if !slices.ContainsFunc(have, func(m map[string]any) bool { return r.outranks(behind, m) }) {
		return nil, nil
	}
	all, err := r.narrowed(w, rule, behind)
	return slices.DeleteFunc(all, func(narrow map[string]any) bool {
		return slices.ContainsFunc(have, func(m map[string]any) bool { return holds(m, narrow) && !r.outranks(behind, m) })
	}), err
}

// narrowed is the part of a match of a rule that a wish is for.
func (r *route) narrowed(w wish, rule, match map[string]any) ([]map[string]any, error) {
	var all []map[string]any
	for _, condition := range w.conditions {
		narrow := runtime.DeepCopyJSON(match)
		possible, err := r.narrow(narrow, condition)
		if err == nil && possible && rewritesPrefix(rule) && pathOf(narrow).kind != pathPrefix {
			err = fmt.Errorf("a rule that rewrites its prefix %s can only be narrowed by another prefix", pathOf(match).value)
		}
		if err != nil {
			return nil, r.invalid("rule %q cannot be made: %s", w.name, err)
		}
		if possible {
			all = append(all, narrow)
		}
	}
	return all, nil
}

// matches are those of a rule as the API server fills them in.
func (r *route) matches(rule map[string]any) []map[string]any {
	all := slices.DeleteFunc(entry.Lists(rule, "matches"), func(m map[string]any) bool { return m == nil })
	if len(all) == 0 {
		all = []map[string]any{{}}
	}
	if r.named.Kind != httpRoute {
		return all
	}
	for i, match := range all {
		match = maps.Clone(match)
		pathOf(match).in(match)
		all[i] = match
	}
	return all
}

// narrow adds conditions to a match and tells whether a request can meet them all. A GRPCRoute has neither path nor method of HTTP; what a
// step may say of them there holds for every call.
func (r *route) narrow(match map[string]any, wanted v1alpha1.RouteMatch) (bool, error) {
	if r.named.Kind == httpRoute {
		path, possible, err := pathOf(match).narrow(wanted.Path)
		if err != nil || !possible {
			return false, err
		}
		path.in(match)
		if method := wanted.Method; method != nil {
			if theirs := entry.Text(match, "method"); theirs != "" && theirs != method.Exact {
				return false, nil
			}
			match["method"] = method.Exact
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted.Headers)) {
		value := wanted.Headers[name]
		possible, err := addHeader(match, name, &value)
		if err != nil || !possible {
			return false, err
		}
	}
	return true, nil
}

// addHeader adds a condition to a match and tells whether a request can meet it beside the others.
func addHeader(match map[string]any, name string, wanted *v1alpha1.StringMatch) (bool, error) {
	kind, value := headerValue(wanted)
	for _, there := range entry.Lists(match, "headers") {
		if !strings.EqualFold(entry.Text(there, "name"), name) {
			continue
		}
		theirs := cmp.Or(entry.Text(there, "type"), exact)
		switch {
		case theirs == kind && entry.Text(there, "value") == value:
			return true, nil
		case theirs == exact && kind == exact:
			return false, nil
		}
		return false, fmt.Errorf("a rule matches header %s already, as %s %q, and a header can be matched only once; use another header", name, theirs, entry.Text(there, "value"))
	}
	match["headers"] = append(entry.List(match, "headers"), map[string]any{"type": kind, "name": name, "value": value})
	return true, nil
}

// headerValue writes a prefix as the expression that it is. No value at all asks for the header's presence.
func headerValue(m *v1alpha1.StringMatch) (kind, value string) {
	switch {
	case m == nil:
		return expression, ".*"
	case m.Exact != "":
		return exact, m.Exact
	case m.Regex != "":
		return expression, m.Regex
	case m.Prefix != "":
		return expression, "^" + regexp.QuoteMeta(m.Prefix) + ".*"
	}
	return expression, ".*"
}

// path is the condition of a match on the path.
type path struct{ kind, value string }

func pathOf(match map[string]any) path {
	fields, _ := match["path"].(map[string]any)
	return path{cmp.Or(entry.Text(fields, "type"), pathPrefix), cmp.Or(entry.Text(fields, "value"), "/")}
}

func (p path) in(match map[string]any) {
	match["path"] = map[string]any{"type": p.kind, "value": p.value}
}

// narrow is what a path and a wanted one have in common. Prefixes are those of path elements: /api holds /api/v1, not /apis.
func (p path) narrow(wanted *v1alpha1.StringMatch) (common path, possible bool, err error) {
	switch {
	case wanted == nil, wanted.Prefix == "/", wanted.Regex != "" && p == path{expression, wanted.Regex}:
		return p, true, nil
	case wanted.Regex != "" && p == path{pathPrefix, "/"}:
		return path{expression, wanted.Regex}, true, nil
	case wanted.Regex != "" || p.kind == expression:
		return p, false, fmt.Errorf("what path %s %q has in common with another cannot be written; match by exact or prefix, or not by path", p.kind, p.value)
	case wanted.Exact != "" && p.kind == exact:
		return p, p.value == wanted.Exact, nil
	case wanted.Exact != "":
		return path{exact, wanted.Exact}, within(wanted.Exact, p.value), nil
	case within(p.value, wanted.Prefix):
		return p, true, nil
	}
	return path{pathPrefix, wanted.Prefix}, p.kind == pathPrefix && within(wanted.Prefix, p.value), nil
}

func within(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
