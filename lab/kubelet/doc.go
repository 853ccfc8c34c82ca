// Package kubelet is a kubelet for every node of the lab: it makes the nodes and gives pods a life.
//
// What a pod will do is read from its spec and annotations by newLife and moved on by life.advance, which knows no
// clock but the time it is given; a worker per pod carries the result out: servers, status, deletion. Read life
// first, then worker. Commands and images are not run: a small reading of them (program, brokenImage) says how long
// a container runs and how it ends. For images that a real program stands for, startProgram is the place to begin.
//
// It leaves answering requests to package serve, running programs to package programs, and deciding about evictions and
// deletions to the control plane.
package kubelet
