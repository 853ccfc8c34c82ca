// Package traefik writes a Routing into a TraefikService: the weights of the canary and the stable Service in its weighted list.
//
// Read Renderer first. All other entries of the list, and their weights, are the user's own: weights are shares of the sum, so an
// entry of somebody else takes its part from both of ours.
//
// Header and mirror routes and shares of experiments have no form here; a Rollout that asks for them is refused by validation.
package traefik
