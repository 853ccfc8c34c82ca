// Package folder owns the folder of a lab: one lab at a time, and nothing left behind.
//
// Read Folder first. A lock in the folder is held by both processes of a lab, so that neither a second lab nor the
// sweep of abandoned folders touches it while one of them lives. State is what other commands read from it.
//
// It leaves what is in the files to those who write them.
package folder
