// Package promote is the verb that lets a waiting Rollout go on, or skips what is left of it.
//
// Read Command first. Its heart is decide: the state of the Rollout in, the patches out, one case a line.
//
// Going on is left to the controller, which finds the patch in the status.
package promote
