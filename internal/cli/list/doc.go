// Package list is the verb that shows all Rollouts or all Experiments, a line each.
//
// Read Command first. Watching, it adds a line whenever one of them changes, below the same columns.
//
// What the columns hold is left to package view.
package list
