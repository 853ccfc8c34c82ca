package plan

import "time"

// Why says what an object waits for now and what happens next, in words for people and in data for programs.
// The command line, the dashboard and notifications all print this one text.
type Why struct {
	// Sentence is complete and needs no context: "Waiting for 1 of 2 canary pods to become ready."
	Sentence string `json:"sentence,omitempty"`
	// Next is what happens when the wait is over; empty when nothing is under way.
	Next string `json:"next,omitempty"`
	// Capacity says what a limit of pods costs at this moment; empty where no limit is at work: "1 of 2 pods serves: …".
	Capacity string `json:"capacity,omitempty"`
	// WaitingFor lists each thing, most important first; empty when nothing is waited for.
	WaitingFor []Wait `json:"waitingFor,omitempty"`
}

// WaitKind tells what kind of thing ends a wait.
type WaitKind string

// The kinds of waits.
const (
	WaitPods    WaitKind = "Pods"    // pods must become ready, or go away
	WaitClock   WaitKind = "Clock"   // a moment must come: see Wait.Until
	WaitPerson  WaitKind = "Person"  // somebody must promote, retry, resume or mend the spec
	WaitRouter  WaitKind = "Router"  // the data plane must take a routing
	WaitVerdict WaitKind = "Verdict" // an AnalysisRun or Experiment must end
)

// Wait is one thing that is waited for.
type Wait struct {
	Kind   WaitKind  `json:"kind"`
	Object string    `json:"object,omitempty"` // kind and name, such as "ReplicaSet web-5b8f9c6d77"
	Detail string    `json:"detail,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}
