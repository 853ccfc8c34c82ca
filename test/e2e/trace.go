package e2e

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Trace is every value of every object, in the order in which the API server accepted the writes.
type Trace []Entry

// States replays the trace: after each write, the write and what the namespace then held. The State is the same one each time.
func (tr Trace) States() iter.Seq2[Entry, *State] {
	return func(yield func(Entry, *State) bool) {
		state := newState()
		for _, entry := range tr {
			state.apply(entry)
			if !yield(entry, state) {
				return
			}
		}
	}
}

// After leaves out how the first writes up to a version came about; what they left behind is still there.
func (tr Trace) After(version uint64) iter.Seq2[Entry, *State] {
	return func(yield func(Entry, *State) bool) {
		for entry, state := range tr.States() {
			if entry.Version > version && !yield(entry, state) {
				return
			}
		}
	}
}

// runs tells a value that is repeated any number of times once.
func runs[T comparable](values iter.Seq[T]) []T {
	return slices.Compact(slices.Collect(values))
}

// Weights are the shares of the canary, each told once, from a version on.
func (tr Trace) Weights(rollout string, since uint64) []int64 {
	return runs(func(yield func(int64) bool) {
		for _, state := range tr.After(since) {
			ro := state.rollout(rollout)
			if ro == nil {
				continue
			}
			if weight, ok := state.router(ro).weight(state); ok && !yield(weight) {
				return
			}
		}
	})
}

// Phases are the phases with their messages, each told once, from a version on.
func (tr Trace) Phases(rollout string, since uint64) []string {
	return runs(func(yield func(string) bool) {
		for entry, state := range tr.After(since) {
			if !entry.of("Rollout", rollout) {
				continue
			}
			if phase := state.rollout(rollout).Status.Phase; phase != "" && !yield(string(phase)) {
				return
			}
		}
	})
}

// Selections are the revisions that a Service selects, each told once.
func (tr Trace) Selections(service string) []string {
	return runs(func(yield func(string) bool) {
		for _, state := range tr.States() {
			if state.service(service) != nil && !yield(state.label(state.selected(service))) {
				return
			}
		}
	})
}

// Steps are the sentences at the very writes that made a Rollout pause or made it healthy.
func (tr Trace) Steps(rollout string, since uint64) []string {
	var told []string
	before := ""
	for entry, state := range tr.States() {
		if !entry.of("Rollout", rollout) {
			continue
		}
		status := state.rollout(rollout).Status
		here := fmt.Sprintf("%s %s", status.StepText, status.Phase)
		rests := status.Phase == v1alpha1.RolloutPhasePaused || status.Phase == v1alpha1.RolloutPhaseHealthy
		if rests && here != before && entry.Version > since {
			told = append(told, state.sentence(rollout))
		}
		before = here
	}
	return told
}

// First is the first write from a version on after which something holds; zero when it never does.
func (tr Trace) First(since uint64, holds func(*State) bool) uint64 {
	for entry, state := range tr.After(since) {
		if holds(state) {
			return entry.Version
		}
	}
	return 0
}

// Seen is when the first write from a version on came, after which something holds; the zero time when none did.
func (tr Trace) Seen(since uint64, holds func(*State) bool) time.Time {
	for entry, state := range tr.After(since) {
		if holds(state) {
			return entry.Came
		}
	}
	return time.Time{}
}

// Version is that of the last write.
func (tr Trace) Version() uint64 {
	if len(tr) == 0 {
		return 0
	}
	return tr[len(tr)-1].Version
}

// Writes are the objects that were written after a version, in order: kinds that carry out a delivery, not pods or events.
func (tr Trace) Writes(since uint64) []string {
	var written []string
	for _, entry := range tr {
		kind := entry.Object.GetKind()
		if entry.Version > since && slices.Contains([]string{"Rollout", "ReplicaSet", "Service", "VirtualService", "DestinationRule", "Ingress"}, kind) {
			written = append(written, kind+" "+entry.Object.GetName())
		}
	}
	return written
}
