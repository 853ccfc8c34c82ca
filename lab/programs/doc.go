// Package programs runs real programs in the name of containers.
//
// Read Table first: it knows by which program an image is stood for, and Start runs one. Enter is the other half: this
// binary again, in a mount namespace of its own, where it makes a root directory of the program and what is mounted,
// and becomes the program. The program sees no other file of the machine, and the kernel kills it when the lab dies.
//
// It leaves what the files hold, the arguments and the time of start and end to package kubelet.
package programs
