// Package e2e shows the controller at work on a real API server: the lab's, with pods that become ready and go.
//
// Read Scene first: a namespace of its own in which a test acts as a user would, and everything that happens there is recorded from the
// API server's watches. Tests never sleep. They wait for what the watches tell, and judge the Trace of every value that ever was,
// in the order in which the API server accepted the writes.
//
// What a Rollout should do in each single situation is left to the scenarios of internal/rollout; here is what only a real API
// server can show: strict schemas, concurrent writers, deaths of the controller, and what it all costs. While writing a test, point
// KANARI_E2E_KUBECONFIG and KANARI_E2E_AUDIT at a lab that stays up, started with --program for Prometheus as Lab.up does.
package e2e
