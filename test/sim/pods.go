package sim

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/internal/revision"
)

// Pod is one pod of a ReplicaSet.
type Pod struct {
	Name       string
	ReplicaSet string
	State      PodState
	Since      time.Time // it is in that state
	Evicted    bool      // somebody else than its ReplicaSet told it to go
	Number     int       // counted from 1 over all pods
}

// nodes and zones are how many there are. Pods are spread over them.
const nodes, zones = 6, 3

// Node is the number of the node that a pod runs on, counted from 0.
func (p *Pod) Node() int { return p.Number % nodes }

// Zone is the number of the zone that a pod runs in, counted from 0.
func (p *Pod) Zone() int { return p.Node() % zones }

// Vanish removes pods at once, as a node takes them along when it goes.
func (w *World) Vanish(gone func(*Pod) bool) {
	w.Pods = slices.DeleteFunc(w.Pods, gone)
	w.Kubernetes()
}

// PodState is what counts about a pod.
type PodState string

// The states of a pod. A pending one may become ready by itself, see World.Start; a crashed one does not.
const (
	Pending     PodState = "pending"
	Ready       PodState = "ready"
	Crashed     PodState = "crashed"
	Terminating PodState = "terminating"
)

var replicaSetKind = schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}

// Kubernetes lets the ReplicaSet controller, the kubelets and whoever measures catch up with the present moment.
func (w *World) Kubernetes() {
	w.analyse()
	w.leave()
	for _, rs := range w.ReplicaSets() {
		w.staff(rs)
		w.report(rs)
	}
	w.publish()
	w.serve()
}

// leave lets pods go whose time is over or whose ReplicaSet is gone, and pods start that need no longer wait.
func (w *World) leave() {
	present := map[string]bool{}
	for _, rs := range w.ReplicaSets() {
		present[rs.Name] = true
	}
	w.Pods = slices.DeleteFunc(w.Pods, func(p *Pod) bool {
		return !present[p.ReplicaSet] || (p.State == Terminating && !w.Clock.Before(p.Since.Add(w.Grace)))
	})
	for _, p := range w.Pods {
		if start, ok := w.starts(p); ok && !w.Clock.Before(start) {
			p.State, p.Since = Ready, start
		}
	}
}

// starts is when a pod becomes ready by itself.
func (w *World) starts(p *Pod) (time.Time, bool) {
	if p.State != Pending || w.Start == nil {
		return time.Time{}, false
	}
	return p.Since.Add(*w.Start), true
}

// staff creates and deletes pods: those that are not ready go first, then the youngest.
func (w *World) staff(rs *appsv1.ReplicaSet) {
	have := w.living(rs.Name)
	want := int(revision.Replicas(rs))
	for range max(want-len(have), 0) {
		w.born++
		w.Pods = append(w.Pods, &Pod{Name: fmt.Sprintf("%s-%d", rs.Name, w.born), Number: w.born, ReplicaSet: rs.Name, State: Pending, Since: w.Clock})
	}
	slices.Reverse(have)
	slices.SortStableFunc(have, func(a, b *Pod) int { return rank(a) - rank(b) })
	for _, p := range have[:max(len(have)-want, 0)] {
		p.State, p.Since = Terminating, w.Clock
	}
	w.leave()
}

func rank(p *Pod) int {
	if p.State == Ready {
		return 1
	}
	return 0
}

// living are the pods of a ReplicaSet that are not being deleted, oldest first.
func (w *World) living(replicaSet string) []*Pod {
	var found []*Pod
	for _, p := range w.Pods {
		if p.ReplicaSet == replicaSet && p.State != Terminating {
			found = append(found, p)
		}
	}
	return found
}

// count counts a ReplicaSet's pods in a state.
func (w *World) count(replicaSet string, state PodState) int32 {
	sum := int32(0)
	for _, p := range w.Pods {
		if p.ReplicaSet == replicaSet && p.State == state {
			sum++
		}
	}
	return sum
}

// report writes the status of a ReplicaSet.
func (w *World) report(rs *appsv1.ReplicaSet) {
	status := map[string]any{
		"observedGeneration": rs.Generation, "replicas": int64(len(w.living(rs.Name))),
		"readyReplicas": int64(w.count(rs.Name, Ready)), "availableReplicas": int64(w.available(rs)),
		"terminatingReplicas": int64(w.count(rs.Name, Terminating)),
	}
	which := id{replicaSetKind, w.key(rs.Name)}
	if before, known := w.Server.objects[which]["status"].(map[string]any); known && same(before, status) {
		return
	}
	if err := w.Server.Edit(which, func(object map[string]any) { object["status"] = status }); err != nil {
		panic(err) // it was listed a moment ago
	}
}

func (w *World) available(rs *appsv1.ReplicaSet) int32 {
	sum := int32(0)
	for _, p := range w.living(rs.Name) {
		if p.State == Ready && !w.Clock.Before(matures(p, rs)) {
			sum++
		}
	}
	return sum
}

// matures is when a ready pod counts as available.
func matures(p *Pod, rs *appsv1.ReplicaSet) time.Time {
	return p.Since.Add(time.Duration(rs.Spec.MinReadySeconds) * time.Second)
}

// SetPods brings up to n pods of the named ReplicaSets into a state, the oldest first; n < 0 means all. Terminating is an eviction.
func (w *World) SetPods(state PodState, n int, replicaSets []string) {
	for _, name := range replicaSets {
		for _, p := range w.living(name) {
			if n != 0 && p.State != state {
				p.State, p.Since, p.Evicted = state, w.Clock, state == Terminating
				n--
			}
		}
	}
	w.Kubernetes()
}

// stirs is the next moment after now at which pods change by themselves; zero for never.
func (w *World) stirs() time.Time {
	var next time.Time
	soonest := func(at time.Time) {
		if at.After(w.Clock) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	sets := map[string]*appsv1.ReplicaSet{}
	for _, rs := range w.ReplicaSets() {
		sets[rs.Name] = rs
	}
	for _, p := range w.Pods {
		if at, ok := w.starts(p); ok {
			soonest(at)
		}
		switch {
		case p.State == Terminating:
			soonest(p.Since.Add(w.Grace))
		case p.State == Ready && sets[p.ReplicaSet] != nil:
			soonest(matures(p, sets[p.ReplicaSet]))
		}
	}
	return next
}
