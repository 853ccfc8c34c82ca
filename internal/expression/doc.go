// Package expression evaluates the conditions of a metric and the bounds of a range of time.
//
// Read Conditions first: it says what a pair of conditions makes of a result. Cache holds what was compiled, so that a condition is
// compiled once and not at each measurement; Check finds what can be found without a result, with its line and column. Every evaluation
// is bounded by a meter: each use of a text, list or map costs its size, each turn of a loop costs one, and where the allowance is spent
// the evaluation ends with an error. An expression of a stranger thus costs about a second and a few dozen megabytes at the most.
//
// When a metric is judged, and what follows from a verdict, is left to package analysis; where results come from, to the providers.
package expression
