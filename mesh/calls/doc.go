// Package calls is the program of the pods that call: a constant rate of calls through the mesh, counted by the version that
// answered.
//
// Read Plan first, then Report, then run. A target xds:///host:port is called with gRPC that is its own proxy: it asks istiod where
// to go. A target http://… is called through whatever proxy stands there, with a Host header of its own. Every call that was begun is
// counted, also those that are under way when the order to end comes.
//
// What the counts should be is left to the tests.
package calls
