// Package cluster is how the commands reach a Kubernetes API server.
//
// Read Factory first: it holds what the user typed and opens a Cluster when a command needs one. A Cluster reads Rollouts
// and the objects around them, follows them as they change (Feed), and sends the patches that clients of Rollouts have
// always sent. Whatever goes wrong comes back as one line that says what to do.
//
// What to patch, and how to print what was read, are left to the verbs.
package cluster
