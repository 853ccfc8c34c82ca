package gatewayapi

import (
	"maps"

	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// nameless finds a rule of ours that lost its name: an API server with older definitions drops it. Nothing could tell the rule from
// those of the user then, and every turn would add another.
func (r *route) nameless(made []copied) error {
	for i, rule := range entry.Lists(r.object.Object, "spec", "rules") {
		if rule == nil || entry.Text(rule, "name") != "" {
			continue
		}
		for _, c := range made {
			bare := maps.Clone(c.rule)
			delete(bare, "name")
			if entry.Same(bare, rule) {
				return r.invalid("%s is the rule of managed route %q without its name, which Gateway API before 1.4 drops: update its definitions and delete that rule", describe(rule, i), c.wish)
			}
		}
	}
	return nil
}

// tooMany is asked only when there are rules of ours: how large the user's own may be the API server has said already.
func (r *route) tooMany() error {
	const out = "needs %d %s with the header and mirror routes of the steps, and %d is the most: use fewer, or split the route"
	rules, matches := entry.Lists(r.object.Object, "spec", "rules"), 0
	if len(rules) > mostRules {
		return r.invalid(out, len(rules), "rules", mostRules)
	}
	for i, rule := range rules {
		own := entry.Lists(rule, "matches")
		matches += len(own)
		where := " in " + describe(rule, i)
		if len(own) > mostMatches {
			return r.invalid(out, len(own), "matches"+where, mostMatches)
		}
		for _, match := range own {
			if n := len(entry.List(match, "headers")); n > mostOfRest {
				return r.invalid(out, n, "headers"+where, mostOfRest)
			}
		}
		for _, key := range []string{"filters", "backendRefs"} {
			if n := len(entry.List(rule, key)); n > mostOfRest {
				return r.invalid(out, n, key+where, mostOfRest)
			}
		}
	}
	if matches > mostMatchesEver {
		return r.invalid(out, matches, "matches", mostMatchesEver)
	}
	return nil
}
