// Package kayenta has a canary judged by Kayenta: it starts an execution and asks for its score until there is one.
//
// Read Provider first, then scopes (which span of time is compared).
//
// Three HTTP calls, written out here: there is no client library in Go. The score is judged here, by the thresholds of the metric, and
// not by conditions.
package kayenta
