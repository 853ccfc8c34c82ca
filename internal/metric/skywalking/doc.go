// Package skywalking asks Apache SkyWalking's GraphQL API about the minutes up to now.
//
// Read Provider first.
//
// GraphQL is one POST request: there is no client library that would save anything. Conditions are judged in package analysis.
package skywalking
