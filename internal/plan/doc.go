// Package plan holds the words of a decision: what to do, in which order, what to tell people, why, and when to look again.
//
// Read Plan first, then Action. Deciding packages (rollout, analysis, experiment) return Plans and touch nothing; package
// act carries them out. Everything here is plain data: a Plan can be printed, compared, stored and replayed.
//
// What an action means for the cluster (field managers, locks, patches) is left to act; what to do is left to the deciders.
package plan
