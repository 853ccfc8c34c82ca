// Package comparison says what is asked when canary and stable are compared: the settings of the metric kanari.dev/compare, and the
// queries that they make.
//
// Read Config first, then Check, which finds what is wrong with one without asking anybody; source.go holds the ready-made queries.
//
// Asking, and what the counts mean, is left to the packages metric/compare and judge. docs/judge.md tells users how to ask.
package comparison
