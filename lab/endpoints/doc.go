// Package endpoints knows which addresses stand behind a Service and makes ClusterIPs work.
//
// Read Directory first: it answers from informers which endpoints are ready. Proxy listens on the ClusterIP of every
// Service and hands connections to ready endpoints in turn.
//
// It leaves readiness to kubelet and the endpointslice controller, and weights and routes to package gateway.
package endpoints
