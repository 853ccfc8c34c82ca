// Package gateway is a stand-in for an ingress gateway and a mesh: it sends requests where VirtualServices,
// HTTPRoutes and Ingresses with nginx canary annotations say.
//
// Read table first: it turns the objects, once for each change, into routes, and finds the backends of a request with
// their weights; it touches nothing. Gateway chooses one backend by weight, one of its ready endpoints in turn, and
// forwards. What matters for watching a canary is here (hosts, paths, methods, headers, cookies, source labels,
// weights, subsets); retries, mirrors, rewrites, timeouts, faults and TLS are not.
//
// It leaves the endpoints of Services to package endpoints.
package gateway
