// Package retry is the verb that starts an aborted update again from its first step, or an Experiment that has ended.
//
// Read Command first. It clears the word that abort wrote, or the whole status of the Experiment.
//
// Starting over is left to the controller.
package retry
