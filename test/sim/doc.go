// Package sim is a cluster in memory on which the controller's own code runs: package observe reads it, rollout decides, package act
// writes to it. There are no goroutines and the clock is a number, so the same script always gives the same story.
//
// Read World first: a Server that keeps objects the way an API server does, the ReplicaSets' pods, and a controller that takes turns.
// Settle takes turns until nothing is left to do; Wait lets time pass; Script gives all of that to people, one command a line.
// Faults are lines of a script like any other: writes that are refused or whose answer is lost, caches that stall, a process that dies or
// is overtaken in the middle of a turn, clocks that jump, nodes that vanish. Laws are checked after each write and whenever the world rests.
//
// TestSimulation draws such scripts by number (make sim), and TestEveryLawIsNeeded breaks the code to see each law find it.
//
// What should happen is decided in package rollout; what is written down about it in the scenarios below its testdata.
package sim
