// Package retry is the verb that starts an aborted update again from its first step.
//
// Read Command first. It clears the word that abort wrote.
//
// Starting over is left to the controller.
package retry
