// Package paint turns the marks and roles of package view into coloured words.
//
// Read Status first: icon and word of a status, as every verb prints them.
//
// What the words are is left to package view; when to paint is left to package terminal.
package paint
