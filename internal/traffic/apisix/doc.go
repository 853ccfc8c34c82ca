// Package apisix writes a Routing into ApisixRoutes: weights into the rules of the user's own, and each header route as an ApisixRoute
// of the Rollout that comes before it.
//
// Read Renderer first, then headerRoute. In the user's ApisixRoute only the weights of two backends change. An ApisixRoute for a header
// route is there only while the route is wanted.
//
// Mirror routes and shares of experiments have no form here; a Rollout that asks for them is refused by validation.
package apisix
