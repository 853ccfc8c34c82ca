// Package create is the verb that makes objects of this API from files, and AnalysisRuns from templates.
//
// Read Command first. manifest.go reads the files, all of them before anything is made; run.go turns a template into a run.
//
// How templates and arguments become a run is left to package template of the analysis.
package create
