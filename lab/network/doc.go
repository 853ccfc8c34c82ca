// Package network gives pods and Services addresses that work.
//
// Read Network first. Private is a network namespace of the lab's own in which every address of 10.88.0.0/16 (nodes
// and pods) and 10.96.0.0/16 (Services) is local, so real sockets carry the real addresses and nothing of it is
// visible outside. Mapped is the way out where the kernel allows no such namespace: servers listen on loopback ports
// and only the lab's own dialer knows which address is which port. Pool hands out the addresses.
//
// It leaves the choice between both, and starting a process inside the namespace, to the command.
package network
