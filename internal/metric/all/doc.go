// Package all knows every backend and chooses the one that a metric asks.
//
// Read Providers first.
//
// What is asked and what the answer means is left to the packages of the backends and to package analysis.
package all
