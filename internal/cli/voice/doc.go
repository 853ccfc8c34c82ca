// Package voice decides how the program answers: as kubectl does, or word for word as the kubectl-argo-rollouts plugin.
//
// Read Voice first; it follows from the name that the program was called by. Scripts grep those answers, hence the second
// voice: whoever links the program under that name need not touch them.
//
// What is done is the same in both voices; only the words and the exit codes differ.
package voice
