// Package convert is the verb that prints what takes the place of an object, and applies nothing: an HTTPRoute for an Ingress of nginx.
//
// Read Command first, then translation, which is pure: objects in, routes and notes out. What it cannot carry over it says, and
// names the annotation.
//
// Whether the routes are taken is left to the Gateway; when requests go which way, to the Rollout that follows the routes.
package convert
