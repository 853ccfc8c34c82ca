// Package status is the verb that waits for a Rollout and answers with an exit code.
//
// Read Command first. goal.go holds the goals of --until; each is a question about a view.
//
// Phases and sentences are left to package view.
package status
