// Package terminate is the verb that ends an AnalysisRun or an Experiment early.
//
// Read Command first. It writes one word into the spec.
//
// What ending means for measurements and pods is left to the controller.
package terminate
