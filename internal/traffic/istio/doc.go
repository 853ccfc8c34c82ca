// Package istio writes a Routing into Istio's objects: weights, header routes and mirror routes into VirtualServices, and the
// revisions' hashes into the subsets of a DestinationRule.
//
// Read Renderer first, then weighing (whose weight is whose), then managedRoutes. A VirtualService or DestinationRule may be shared
// by many Rollouts and people; what is not this Rollout's own entry stays as it is, byte for byte.
//
// When objects are read and written, and which Routing is wanted, is left to others. Inspect tells what around our entries would
// surprise; Istio's own rules for its objects are left to its webhook.
package istio
