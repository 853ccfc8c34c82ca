// Package calltest holds every backend to the same contract when things go wrong: a clear line, in time, without secrets.
//
// Read Contract first, then Failures.
//
// What good answers look like differs by vendor and is tested beside each backend.
package calltest
