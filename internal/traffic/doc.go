// Package traffic says who should receive which requests, and holds the seams through which a mesh or ingress is told so.
//
// Read Routing first: it is complete, never a delta, so nothing can get lost between two of them. A Renderer is the pure half
// of a mesh: it writes a Routing into the objects that mesh reads. Live pairs a Renderer with the objects as they stand now, and
// Change turns a rendered object into the smallest write: only our own entries, each guarded by a test of the entry it belongs to.
//
// Which Routing is wanted is decided in package rollout; reading and writing objects is left to observe and act. Below this
// folder lives one package for each mesh.
package traffic
