// Package newrelic runs an NRQL query through New Relic's NerdGraph.
//
// Read Provider first, then account (where the keys come from).
//
// NerdGraph is GraphQL, one POST request, written out here: the client library brings every product of the vendor and a logger of its
// own. Conditions are judged in package analysis.
package newrelic
