// Package rollout decides what should happen next to a Rollout.
//
// Read World first (everything a decision may know), then Decide, which is a list of judgements in order, then any scenario below
// testdata. Each judgement is a small function in the file of its subject: it moves the status under construction or adds
// actions to the turn, and says when nothing after it may run.
//
// Nothing here reads a clock or touches the cluster. Reading is left to package observe, writing to package act; hashes, names and
// roles of ReplicaSets to package revision; how a routing reads in a mesh to the packages below traffic.
package rollout
