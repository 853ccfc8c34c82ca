// Package compare counts what canary and stable answered, interval by interval, and lets the judge say whether the canary is worse.
//
// Read comparison.Config first (what is asked), then Provider: one comparison is one measurement, which stays Running until the judge has a verdict
// and carries all that was learnt in its metadata.
//
// The statistics are left to package judge, the way to the server to package prometheus, and what a Rollout does with a verdict to
// others. docs/judge.md tells users how to ask.
package compare
