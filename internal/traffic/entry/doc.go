// Package entry reads and writes single entries of objects that people wrote: nothing about their shape is taken for granted, and
// what says the same already stays as it is.
//
// Read Lists first (the part of an object that a renderer works on), then Only (the one entry there that is a destination), then Percent
// (the weights to be written).
//
// Which entry is whose, and what an object as a whole has to look like, is left to the packages of the meshes.
package entry
