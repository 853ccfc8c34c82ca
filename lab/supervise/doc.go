// Package supervise starts the inner process of a lab and sees that it ends.
//
// Read Start first. It opens the ports in the caller's network, chooses the private network or the mapped one, and
// waits until the lab is ready. The inner process hangs on a pipe held here, so that no way of dying leaves it
// behind; Orphaned tells when the process that started the lab has gone.
//
// It leaves the cluster itself to package cluster.
package supervise
