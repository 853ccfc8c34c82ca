// Package appmesh writes a Routing into the objects of AWS App Mesh: weights into the routes of a VirtualRouter, and the revisions' hashes
// into the pod selectors of two VirtualNodes.
//
// Read Renderer first. The VirtualRouter is known only from the VirtualService that the Rollout names, so all of the namespace are read
// and one is written. In it, targets of other VirtualNodes are left as they are.
//
// Header and mirror routes and shares of experiments have no form here; a Rollout that asks for them is refused by validation.
package appmesh
