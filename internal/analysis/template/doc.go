// Package template makes an AnalysisRun of the templates that a Rollout or an Experiment names: templates within templates, arguments and where their
// values come from, names and labels.
//
// Read Order first (what is to be made, and for whom), then Make; Trial and MakeTrial are the same for an Experiment. Pick says whether the run that was wanted is there already.
//
// Which runs are wanted, and when, is left to packages rollout and experiment; what a run does with its arguments, to package analysis.
package template
