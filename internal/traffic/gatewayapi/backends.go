package gatewayapi

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// role is whose an entry of backendRefs is.
type role int

const (
	foreign role = iota
	canary
	stable
	additional // of a running experiment
	former     // of one that is over
)

// role recognises a backend by the Service that it leads to, which is one in the Rollout's namespace.
func (r *route) role(ref map[string]any) role {
	service := entry.Text(ref, "group") == "" && cmp.Or(entry.Text(ref, "kind"), "Service") == "Service"
	if !service || cmp.Or(entry.Text(ref, "namespace"), r.object.GetNamespace()) != r.home {
		return foreign
	}
	switch name := entry.Text(ref, "name"); name {
	case "":
		return foreign
	case r.want.Canary.Service:
		return canary
	case r.want.Stable.Service:
		return stable
	default:
		return experimental(r.want, name)
	}
}

func experimental(want traffic.Routing, service string) role {
	switch ours, wanted := want.Experiment(service); {
	case wanted:
		return additional
	case ours:
		return former
	}
	return foreign
}

// count tells how many entries of a rule have each role.
func (r *route) count(rule map[string]any) map[role]int {
	found := map[role]int{}
	for _, ref := range entry.Lists(rule, "backendRefs") {
		found[r.role(ref)]++
	}
	return found
}

// backend is the first entry of that role; nil when there is none.
func (r *route) backend(rule map[string]any, wanted role) map[string]any {
	for _, ref := range entry.Lists(rule, "backendRefs") {
		if r.role(ref) == wanted {
			return ref
		}
	}
	return nil
}

// weigh sets the weights of our backends in one rule, in parts of the whole. Weights are relative, so a backend of others keeps its own
// beside them. Those of running experiments are appended in the order of their names, those of former ones are removed.
func (r *route) weigh(rule map[string]any) {
	kept := slices.DeleteFunc(slices.Clone(entry.List(rule, "backendRefs")), func(raw any) bool {
		ref, _ := raw.(map[string]any)
		return r.role(ref) == former
	})
	missing := slices.SortedFunc(slices.Values(r.want.Additional), func(a, b traffic.Destination) int { return strings.Compare(a.Service, b.Service) })
	for _, raw := range kept {
		ref, _ := raw.(map[string]any)
		switch r.role(ref) {
		case canary:
			setWeight(ref, r.want.Canary.Weight)
		case stable:
			setWeight(ref, r.want.Stable.Weight)
		case additional:
			at := slices.IndexFunc(missing, func(d traffic.Destination) bool { return d.Service == entry.Text(ref, "name") })
			if at >= 0 {
				setWeight(ref, missing[at].Weight)
				missing = slices.Delete(missing, at, at+1)
			}
		}
	}
	for _, d := range missing {
		ref := copyOf(r.backend(rule, canary))
		ref["name"] = d.Service
		setWeight(ref, d.Weight)
		kept = append(kept, ref)
	}
	rule["backendRefs"] = kept
}

// setWeight leaves a weight that is the same number in another form, and an absent one that means 1, as they are.
func setWeight(ref map[string]any, weight int32) {
	if weightOf(ref) != int64(weight) {
		ref["weight"] = int64(weight)
	}
}

// weightOf is 1 where none is written.
func weightOf(ref map[string]any) int64 {
	if ref["weight"] == nil {
		return 1
	}
	return entry.Number(ref["weight"])
}

// copyOf writes out what the API server would fill in: it would make the copy differ from what we want for ever.
func copyOf(ref map[string]any) map[string]any {
	copied := runtime.DeepCopyJSON(ref)
	copied["group"], copied["kind"] = entry.Text(ref, "group"), cmp.Or(entry.Text(ref, "kind"), "Service")
	copied["weight"] = weightOf(ref)
	return copied
}
