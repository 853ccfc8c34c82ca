// Package cli is the command line: kubectl-kanari, and, called by that name, kubectl-argo-rollouts.
//
// Read Main first; it builds the tree of verbs and turns what comes back into one line and an exit code. Each verb lives in
// a folder of its own and gets a cluster.Factory: the flags that all share, and the way to the API server.
//
// What a Rollout's objects mean is left to package view, and what a patch brings about to the controller.
package cli
