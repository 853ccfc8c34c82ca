package sim

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// overload is how many times its nominal share of requests a pod may get for a while.
const overload = 2

// requestsFindPods: no request goes to a revision without a ready pod, unless it did so before the controller could look, or had one when it did. When
// nobody is ready, it is nobody's fault, and a Rollout of no replicas answers nobody by wish.
func (l *Laws) requestsFindPods(w *World) error {
	if ro := w.Rollout(); ro == nil || v1alpha1.Replicas(ro) == 0 {
		return nil
	}
	ready := map[string]int32{}
	anybody := false
	for _, rs := range w.ReplicaSets() {
		ready[revision.HashOf(rs)] = w.count(rs.Name, Ready)
		anybody = anybody || ready[revision.HashOf(rs)] > 0
	}
	for _, flow := range w.Flows() {
		for _, hash := range slices.Sorted(maps.Keys(flow.Shares)) {
			if hash == "" || flow.Shares[hash] == 0 || ready[hash] > 0 || !anybody || l.view.had(flow.Place, hash) || l.view.ready[hash] > 0 || w.stable(hash) {
				continue
			}
			return fmt.Errorf("%s sends %d of %d to %s, which has no ready pod", flow.Place, flow.Shares[hash], flow.Want, w.Label(hash))
		}
	}
	return nil
}

// requestsFindEndpoints: no write gives a Service of the Rollout more of the requests when the controller could see that it leads to nobody
// and another one of the same place does not.
func (l *Laws) requestsFindEndpoints(w *World) error {
	if ro := w.Rollout(); ro == nil || v1alpha1.Replicas(ro) == 0 || l.view.seen == nil {
		return nil
	}
	for _, flow := range w.Flows() {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(flow.By)), func(service string) bool { return len(l.view.reached[service]) > 0 }) {
			continue
		}
		for _, service := range slices.Sorted(maps.Keys(flow.By)) {
			_, seen := l.view.reached[service]
			more := seen && flow.By[service] > l.view.by(flow.Place, service)
			if more && len(w.reached[service].pods) == 0 && len(l.view.reached[service]) == 0 {
				return fmt.Errorf("%s sends %d of %d to Service %s, which leads to nobody", flow.Place, flow.By[service], flow.Want, service)
			}
		}
	}
	return nil
}

// by is what a Service got of the requests at a place.
func (v view) by(place, service string) int64 {
	for _, f := range v.flows {
		if f.Place == place {
			return f.By[service]
		}
	}
	return 0
}

func (v view) had(place, hash string) bool { return v.share(place, hash) > 0 }

// share is what a revision got of the requests at a place.
func (v view) share(place, hash string) int64 {
	for _, f := range v.flows {
		if f.Place == place {
			return f.Shares[hash]
		}
	}
	return 0
}

func (w *World) stable(hash string) bool {
	ro := w.Rollout()
	return ro != nil && ro.Status.StableRS == hash
}

// scaled is a number of pods, or a share of them rounded up.
func scaled(value intstr.IntOrString, replicas int32) int32 {
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, int(replicas), true)
	if err != nil {
		return 0
	}
	return int32(n)
}

// podsFitTheBudget: with dynamicStableScale the pods, those that go among them, never grow beyond replicas and the surge that the user
// granted. They may be more after replicas were lowered, and while pods of a finished update still go; and Kubernetes replaces a pod
// that somebody evicts before it has gone.
func (l *Laws) podsFitTheBudget(w *World) error {
	ro := w.Rollout()
	before := l.pods
	l.pods = 0
	for _, p := range w.Pods {
		if !p.Evicted {
			l.pods++
		}
	}
	if !limited(ro) {
		return nil
	}
	budget := budgetOf(ro)
	if seen := l.view.seen; limited(seen) {
		budget = max(budget, budgetOf(seen))
	}
	underWay := ro.Status.StableRS != "" && ro.Status.StableRS != ro.Status.CurrentPodHash
	if underWay && l.pods > budget && l.pods > before {
		return fmt.Errorf("%d pods, the budget is %d", l.pods, budget)
	}
	return nil
}

// limited tells whether the user limits the pods of all revisions together.
func limited(ro *v1alpha1.Rollout) bool {
	canary := (*v1alpha1.CanaryStrategy)(nil)
	if ro != nil {
		canary = ro.Spec.Strategy.Canary
	}
	return canary != nil && canary.TrafficRouting != nil && (canary.DynamicStableScale || canary.MaxSurge != nil)
}

func budgetOf(ro *v1alpha1.Rollout) int32 {
	replicas := v1alpha1.Replicas(ro)
	if surge := ro.Spec.Strategy.Canary.MaxSurge; surge != nil {
		return replicas + scaled(*surge, replicas)
	}
	if replicas == 1 {
		return 2
	}
	return replicas
}

// podsCanCarry: with dynamicStableScale no write takes ready pods from a revision that its share of the requests needs, nor gives it a
// share that they cannot carry, where a pod may get up to overload times its own. Pods that are lost by themselves are forgiven as long
// as the controller does not make it worse, and a share may always flee from a revision without any.
func (l *Laws) podsCanCarry(w *World) error {
	ro := w.Rollout()
	if !limited(ro) {
		return nil
	}
	replicas := int64(v1alpha1.Replicas(ro))
	if seen := l.view.seen; seen != nil {
		replicas = min(replicas, int64(v1alpha1.Replicas(seen)))
	}
	for _, flow := range w.Flows() {
		for _, rs := range w.ReplicaSets() {
			hash, asked := revision.HashOf(rs), revision.Replicas(rs)
			share, capacity := flow.Shares[hash], min(asked, max(w.count(rs.Name, Ready), l.view.ready[hash]))
			worse := (share > l.view.share(flow.Place, hash) && !l.flees(w, flow.Place)) || capacity < min(l.view.asked[hash], l.view.ready[hash])
			if l.view.seen != nil && worse && overload*int64(capacity)*flow.Want < share*replicas {
				return fmt.Errorf("%s sends %d of %d to %s, of whose pods %d of %d can carry it", flow.Place, share, flow.Want, w.Label(hash), capacity, replicas)
			}
		}
	}
	return nil
}

// flees tells whether requests went to a revision without a ready pod when the turn began.
func (l *Laws) flees(w *World, place string) bool {
	return slices.ContainsFunc(w.ReplicaSets(), func(rs *appsv1.ReplicaSet) bool {
		return w.count(rs.Name, Ready) == 0 && l.view.share(place, revision.HashOf(rs)) > 0
	})
}
