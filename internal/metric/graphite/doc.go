// Package graphite renders a target of Graphite as JSON and reads its points.
//
// Read Provider first. The metric's query is the query string of /render (target=…&from=…).
//
// One GET request: there is no client library that would save anything. Conditions are judged in package analysis.
package graphite
