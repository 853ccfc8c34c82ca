// Package get is the verb that shows one Rollout: a header, and a tree of what it owns.
//
// Read Command first. tree.go makes the nodes, header.go the block above; both print one view.RolloutView.
//
// What the words mean is left to package view; redrawing is left to package terminal.
package get
