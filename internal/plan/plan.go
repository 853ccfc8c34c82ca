package plan

import "time"

// A Plan is one safe move, not the whole journey: only what may be done before looking again.
type Plan[Status any] struct {
	// Actions in the order they must happen; the first failure ends the turn.
	// Every state between two of them must be safe if the controller dies there.
	Actions []Action
	// Status is written once, after the actions, and not at all when it equals what is stored.
	Status Status
	// Events are told only once the status stands.
	Events []Event
	// Why says what the Plan's object waits for, in words and data.
	Why Why
	// Wake is when to look again without being told of a change; zero means that only a change wakes us.
	Wake time.Time
}

// Sooner returns the earlier of two wake-up times, where the zero time stands for "never".
func Sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
