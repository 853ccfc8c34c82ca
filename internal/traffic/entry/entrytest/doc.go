// Package entrytest holds renderers to what they promise about other people's entries: they survive every walk of a Rollout, and a write that
// meets somebody else's loses neither.
//
// Read Mesh first, then Test.
//
// What an object of a mesh looks like, and which of its entries are ours, is said by the tests of that mesh.
package entrytest
