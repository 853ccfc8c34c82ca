// Package cluster is the lab's inner process: control plane, nodes, Services, gateway and control endpoint together.
//
// Read Run first. It is told what to do by a Spec on its standard input, and the same pipe is its lifeline: when the
// process that started it closes the pipe or dies in whatever way, the cluster stops and takes its folder away.
//
// It leaves flags, ports and the choice of the namespace to packages cli and supervise.
package cluster
