package entry

import (
	"cmp"
	"encoding/json"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// At returns the value at a path of maps; nil when there is none.
func At(object map[string]any, path ...string) any {
	var at any = object
	for _, key := range path {
		fields, _ := at.(map[string]any)
		at = fields[key]
	}
	return at
}

// List returns the list at a path of maps; nil when there is none.
func List(object map[string]any, path ...string) []any {
	all, _ := At(object, path...).([]any)
	return all
}

// Lists returns the entries of the list at a path of maps, with nil in the place of everything that is not a map, so that indices stay.
func Lists(object map[string]any, path ...string) []map[string]any {
	raw := List(object, path...)
	all := make([]map[string]any, len(raw))
	for i, entry := range raw {
		all[i], _ = entry.(map[string]any)
	}
	return all
}

// Text returns the string at a path of maps; empty when there is none.
func Text(object map[string]any, path ...string) string {
	value, _ := At(object, path...).(string)
	return value
}

// Number reads a JSON number that may have been decoded either way; anything else is 0.
func Number(value any) int64 {
	switch n := value.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	case int:
		return int64(n)
	default:
		return 0
	}
}

// SetNumber leaves what is the same number in another form as it is. An absent one is written, also when it is to be 0.
func SetNumber(entry map[string]any, key string, value int64) {
	if before, ok := entry[key]; !ok || Number(before) != value {
		entry[key] = value
	}
}

// Routing is what a Rollout says about its routers; nil when it uses none.
func Routing(ro *v1alpha1.Rollout) *v1alpha1.RolloutTrafficRouting {
	if ro.Spec.Strategy.Canary == nil {
		return nil
	}
	return ro.Spec.Strategy.Canary.TrafficRouting
}

// Percent returns the same Routing with weights that add up to 100 and with both Services named: those of the Rollout where the Routing names
// none. Canary and experiments are rounded to the nearest, stable gets the rest.
func Percent(ro *v1alpha1.Rollout, want traffic.Routing) traffic.Routing {
	total := cmp.Or(max(want.Total, 0), 100)
	part := func(weight int32) int32 { return (2*weight*100 + total) / (2 * total) }
	percent := want
	percent.Total, percent.Additional = 100, nil
	percent.Canary.Weight = part(want.Canary.Weight)
	percent.Stable.Weight = 100 - percent.Canary.Weight
	for _, share := range want.Additional {
		share.Weight = part(share.Weight)
		percent.Stable.Weight -= share.Weight
		percent.Additional = append(percent.Additional, share)
	}
	percent.Stable.Weight = max(percent.Stable.Weight, 0)
	percent.Canary.Service = cmp.Or(want.Canary.Service, ro.Spec.Strategy.Canary.CanaryService)
	percent.Stable.Service = cmp.Or(want.Stable.Service, ro.Spec.Strategy.Canary.StableService)
	return percent
}

// Only returns the one entry that passes, and how many do; nil unless it is one.
func Only(all []map[string]any, passes func(map[string]any) bool) (entry map[string]any, count int) {
	for _, candidate := range all {
		if candidate != nil && passes(candidate) {
			entry, count = candidate, count+1
		}
	}
	if count != 1 {
		return nil, count
	}
	return entry, count
}

// Same tells whether two values are the same in JSON, whichever way their numbers were decoded.
func Same(a, b any) bool {
	first, err := json.Marshal(a)
	if err != nil {
		return false
	}
	second, err := json.Marshal(b)
	return err == nil && string(first) == string(second)
}
