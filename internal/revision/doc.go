// Package revision relates a pod template to the ReplicaSet that runs it: the hash that names it, the number that
// counts it, and the role it has in a rollout.
//
// Read Set first: the ReplicaSets of a Rollout by role, as Classify finds them. Hash is how a template is recognised,
// SameTemplate what decides when the hash of another writer differs, Make how a ReplicaSet begins.
//
// How many pods a ReplicaSet should have, and when it may go, is decided by package rollout. Nothing here writes.
package revision
