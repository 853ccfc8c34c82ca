// Package experiment decides what an Experiment should do next: which of its groups of pods run and for how long, what is measured
// beside them, and the verdict.
//
// Read World first (everything a decision may know), then Decide, which is a list of judgements in order, then any scenario below
// testdata. A group is one template of the Experiment with its ReplicaSet, its Service and its state.
//
// Nothing here reads a clock or touches the cluster. What an AnalysisRun finds is left to package analysis, how one is made to the
// package template below it, hashes to package revision; which Experiments there are is left to people and to package rollout.
package experiment
