// Package trial tries judges on made-up traffic: it rolls services with known faults and counts how often a judge is wrong. The tests of
// package judge assert its promises with it, and the table in docs/judge.md is made of it.
//
// Read Service first, then Referee. Every run follows from its seed alone, so that a figure can be had again.
//
// What to try, and how much error is too much, is left to the callers.
package trial
