// Package try is the verb that shows a new version to the requests with one header, and takes it away again.
//
// Read Command first, then trial: what is written into the Rollout at the beginning, and what is taken out at the end. Before the
// user's own steps stand a pod, a header route and a pause, so that to promote the trial is to go on with those steps. visit.go stays
// until the end; address.go finds out where the requests have to go.
//
// Pods and routes are left to the controller; nginx alone is told the header here, by annotations of the canary Ingress.
package try
