// Package ambassador writes a Routing into canary Mappings: copies of the user's Mappings that lead to the canary Service and carry the
// share of requests as their weight.
//
// Read Renderer first. The user's own Mapping is only read. A canary Mapping is there only while the canary gets requests: without one, all
// of them follow the user's Mapping.
//
// Header and mirror routes and shares of experiments have no form here; a Rollout that asks for them is refused by validation.
package ambassador
