// Package undo is the verb that puts an earlier pod template back into the spec.
//
// Read Command first. The templates come from the ReplicaSets that are kept as history.
//
// Rolling back is then an ordinary update, left to the controller.
package undo
