// Package pause is the verb that holds a Rollout where it is.
//
// Read Command first. It sets spec.paused; promote clears it.
//
// What still moves while paused is left to the controller.
package pause
