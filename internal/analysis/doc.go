// Package analysis decides what an AnalysisRun should do next: which measurements are due, what those that came mean, and the verdict.
//
// Read World first (everything a decision may know), then Decide, which is a list of judgements in order, then any scenario below
// testdata. Asking takes time and nobody waits for it here: a plan says what to ask, and the answers are part of a later World.
//
// How a condition is evaluated is left to package expression, how a backend is asked to the packages below metric, how an AnalysisRun
// is made of a Rollout's templates to the package template below this one. Nothing here reads a clock or touches the cluster.
package analysis
