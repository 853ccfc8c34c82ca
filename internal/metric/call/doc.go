// Package call is the one way in which backends are asked over HTTP: within their time, with the credentials of the metric, and
// without ever repeating a secret in what comes back.
//
// Read Target and Pool.Ask first, then hidden (what must not be shown) and wire (what was sent and what came back, also under a
// client library). Own code on net/http and x/oauth2 rather than the client configuration of Prometheus' common library: that one
// opens connections of its own for each client, follows redirects with credentials on board, and keeps no record of an answer for
// the text of a failure.
//
// What is asked, and what an answer means, is left to the packages of the backends.
package call
