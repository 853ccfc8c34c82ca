// Package prometheus asks a Prometheus server, or one that speaks its API, for the present or for a span of time.
//
// Read Provider first, then reading (what the kinds of results become).
//
// The protocol is left to client_golang's api/v1 and the signature for Amazon's managed service to prometheus/sigv4, both kept by the
// Prometheus team and light beside the AWS SDK that package cloudwatch needs anyway. Conditions are judged in package analysis.
package prometheus
