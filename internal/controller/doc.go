// Package controller runs the turns: observe, Decide, act, sleep.
//
// Read Rollouts.Reconcile first; it is the whole story. Analyses.Reconcile tells it of AnalysisRuns, Experiments.Reconcile of Experiments. The rest wires watches, caches
// and the manager, and fate.go says what an error means for the next turn.
//
// What to do is decided in packages rollout, analysis and experiment; how it is read and written in observe and act.
package controller
