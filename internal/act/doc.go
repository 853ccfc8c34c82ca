// Package act carries out Plans: actions in order, then the status, then events.
//
// Read Hand first. How each kind of object is written (who owns it, what guards the write) is decided here and nowhere else: our own
// objects are created under deterministic names and patched, other people's objects get JSON patches of our own entries, the
// status is an update that the stored resourceVersion guards, for it is also the user's mailbox.
//
// What to do is left to the deciding packages; what an error means for the next turn is left to package controller.
package act
