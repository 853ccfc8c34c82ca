// Package mesh makes real calls through Istio while Kanari moves shares, and counts what came back: a real istiod with its validating
// webhook, and clients that ask it where to go.
//
// Read Bench first, then Shop: a Rollout, and a pod that calls it, by a Way of calling and with a Router's objects. A Load has counted every
// call when it ends. Measurements are methods of a Shop (WholeCanary, Aborts, BlueGreen, Mishaps) and add rows to the Bench's table;
// the tests here make them with gRPC that is its own proxy, those of package envoy with Envoys.
//
// What Istio makes of an object that does not move is left to mesh/sim, where it takes milliseconds.
package mesh
