// Package get is the verb that shows one Rollout or one Experiment: a header, and a tree of what it owns.
//
// Read Command first, then subject: how one of them is read and followed. tree.go makes the nodes, header.go the block above; both
// print one view.
//
// What the words mean is left to package view; redrawing is left to package terminal.
package get
