// Package completion is the verb that prints a script which completes command lines in a shell.
//
// Read Command first. The scripts call the program back for names of verbs, flags and Rollouts.
//
// Finding the names is left to package cluster.
package completion
