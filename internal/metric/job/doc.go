// Package job measures by running a Job: its end is the verdict.
//
// Read Provider first, then verdict (what the state of a Job means) and wanted (what is created).
//
// When the end of a Job is looked for again early, because the Job changed, is left to the controller; what a verdict does to the
// run is decided in package analysis.
package job
