// Package gatewayapi writes a Routing into routes of the Gateway API: weights into HTTPRoutes, GRPCRoutes, TCPRoutes and TLSRoutes, header
// and mirror routes as rules of our own into the first two. It also reads what gateways report of the routes.
//
// Read Renderer first, then route.render, then managed.go: there it says why a header rule wins over the rule that it was copied from.
// A route may be shared by many Rollouts and people; what is not this Rollout's own entry stays as it is, byte for byte.
//
// When objects are read and written, and which Routing is wanted, is left to others. Gateways, their classes and the status of routes
// are only read.
package gatewayapi
