// Package act carries out Plans: actions in order, then the status, then events.
//
// Read Hand first, which carries out what is planned for Rollouts and for Experiments; Analyst does so for AnalysisRuns. How each kind of
// object is written (who owns it, what guards the write) is decided here and nowhere else: our own objects are created under deterministic
// names and patched, other people's objects get JSON patches of our own entries, a status is guarded by the resourceVersion that was read, for
// it is also the user's mailbox. What is for metrics backends goes to a Desk, which waits for none of them.
//
// What to do is left to the deciding packages; what an error means for the next turn is left to package controller.
package act
