package istio

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// whole is what the weights of one route add up to in Istio.
const whole = 100

// weighing is the share of one route that is ours to divide, and how it is divided.
//
// Destinations of others are neither changed nor removed. If they hold F of the route's 100, the canary gets its percentage of the
// 100−F that are left, rounded to the nearest, and so does each experiment; stable gets the remainder, less the weights of
// the additional subsets, and never less than 0. So canary 10 % beside a foreign 40 is 6, and stable is 54.
type weighing struct {
	share      int64 // of 100
	total      int64 // what the wanted weights add up to
	canary     int64
	stable     int64
	additional map[string]int64
}

func (r receivers) weighing(destinations []map[string]any, want traffic.Routing) weighing {
	w := weighing{share: whole, total: max(int64(want.Total), 0), additional: experiments(want)}
	if w.total == 0 {
		w.total = whole
	}
	kept := int64(0)
	for _, d := range destinations {
		switch r.role(destination(d), w.additional) {
		case foreign:
			w.share -= entry.Number(d["weight"])
		case spared:
			kept += entry.Number(d["weight"])
		}
	}
	w.share = max(w.share, 0)
	w.canary = w.part(int64(want.Canary.Weight))
	w.stable = w.share - w.canary - kept
	for name, weight := range w.additional {
		w.additional[name] = w.part(weight)
		w.stable -= w.additional[name]
	}
	w.stable = max(w.stable, 0)
	return w
}

func (w weighing) part(weight int64) int64 { return (2*weight*w.share + w.total) / (2 * w.total) }

// weigh sets the weights of our destinations in one route and tells whether the canary's has shrunk. Experiment destinations that
// are missing are appended by name, those of former experiments are removed.
func (r receivers) weigh(route map[string]any, want traffic.Routing) (lowered bool, err error) {
	dropFormer(route, want)
	destinations := entry.Lists(route, "route")
	w := r.weighing(destinations, want)
	if w.share == 0 && want.Canary.Weight > 0 {
		return false, fmt.Errorf("the other destinations of route %q hold all of its weight; leave some of the 100 for canary and stable", entry.Text(route, "name"))
	}
	missing := maps.Clone(w.additional)
	for _, d := range destinations {
		to := destination(d)
		switch r.role(to, w.additional) {
		case canary:
			lowered = lowered || w.canary < entry.Number(d["weight"])
			setWeight(d, w.canary)
		case stable:
			setWeight(d, w.stable)
		case additional:
			name := short(entry.Text(to, "host"))
			setWeight(d, w.additional[name])
			delete(missing, name)
		}
	}
	all := entry.List(route, "route")
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		all = append(all, map[string]any{"destination": map[string]any{"host": name}, "weight": missing[name]})
	}
	route["route"] = all
	return lowered, nil
}

// dropFormer removes destinations of experiments that get nothing any more.
func dropFormer(route map[string]any, want traffic.Routing) {
	all := entry.List(route, "route")
	kept := slices.DeleteFunc(slices.Clone(all), func(raw any) bool {
		fields, _ := raw.(map[string]any)
		to := destination(fields)
		ours, wanted := want.Experiment(short(entry.Text(to, "host")))
		return ours && !wanted
	})
	if len(kept) < len(all) {
		route["route"] = kept
	}
}

// setWeight leaves a weight that is the same number in another form, and an absent one that means 0, as they are.
func setWeight(of map[string]any, weight int64) {
	if entry.Number(of["weight"]) != weight {
		of["weight"] = weight
	}
}

// lacks names the destination of ours that the route does not have.
func (r receivers) lacks(route map[string]any) error {
	found := map[role]bool{}
	for _, d := range entry.Lists(route, "route") {
		found[r.role(destination(d), nil)] = true
	}
	for _, side := range []struct {
		role                  role
		name, service, subset string
	}{{canary, "Canary", r.canary, r.canarySubset}, {stable, "Stable", r.stable, r.stableSubset}} {
		if found[side.role] {
			continue
		}
		if side.subset != "" {
			return fmt.Errorf("%s DestinationRule subset '%s' not found in route: add {destination: {host: %s, subset: %s}, weight: 0} to route %q", side.name, side.subset, r.host, side.subset, entry.Text(route, "name"))
		}
		return fmt.Errorf("%s Service '%s' not found in route: add {destination: {host: %s}, weight: 0} to route %q", side.name, side.service, side.service, entry.Text(route, "name"))
	}
	return nil
}

func destination(of map[string]any) map[string]any {
	fields, _ := of["destination"].(map[string]any)
	return fields
}

func experiments(want traffic.Routing) map[string]int64 {
	all := map[string]int64{}
	for _, d := range want.Additional {
		all[d.Service] = int64(d.Weight)
	}
	return all
}
