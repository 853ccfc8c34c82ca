// Package template makes an AnalysisRun of the templates that a Rollout names: templates within templates, arguments and where their
// values come from, names and labels.
//
// Read Order first (what is to be made, and for whom), then Make. Pick says whether the run that was wanted is there already.
//
// Which runs a Rollout wants, and when, is left to package rollout; what a run does with its arguments, to package analysis.
package template
