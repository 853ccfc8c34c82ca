// Command demo shows a canary on a real Kubernetes API server: a good version goes on by its numbers, a bad one is taken back by its own.
//
// Read play first: it is the script, one method an act. It starts the lab and the controller as they are shipped, types the
// command lines that a user would type, and reads the outcome from the API server's watches and from the answers that the
// load got. Whatever it started ends with it.
//
// What the numbers look like is left to package show.
package main
