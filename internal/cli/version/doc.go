// Package version is the verb that says what this program is.
//
// Read Command first. The build sets Version; otherwise it is what the Go toolchain recorded.
//
// The version of the controller is left to the cluster.
package version
