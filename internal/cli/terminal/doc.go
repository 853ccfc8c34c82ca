// Package terminal is everything a command may touch of the place where it was typed: streams, environment, colours, screen.
//
// Read IO first: a command gets one and never asks package os, so that tests run commands in-process. Palette paints words,
// Table aligns columns whether they are painted or not, and Screen redraws in place without spoiling the scrollback.
//
// What is printed is left to the verbs; where the words come from is left to package view.
package terminal
