// Package smi writes a Routing into a TrafficSplit of the Service Mesh Interface: the canary, experiments and the stable version as
// backends of the Service that clients call.
//
// Read Renderer first. The TrafficSplit is the Rollout's own: created once, never deleted, removed with its Rollout by garbage
// collection. One that somebody else made is never taken over.
//
// Header and mirror routes have no form here; a Rollout that asks for them is refused by validation.
package smi
