// Package envoy makes the measurements of package mesh with plain Envoys that istiod configures: one that stands beside the pod that calls,
// as a sidecar does, and one that is a gateway.
//
// Read way.go first. Envoy comes from scripts/traffic-envoy, so these tests have a target of their own: make traffic-envoy.
//
// The measurements are left to package mesh; only what gRPC without a proxy cannot do is tested here alone: copies, and outlier detection.
package envoy
