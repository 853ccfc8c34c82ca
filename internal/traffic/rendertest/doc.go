// Package rendertest runs a mesh's Renderer over pairs of files: testdata/<case>.in.yaml holds Rollouts, the objects in the cluster and
// the Routings wanted one after the other; testdata/<case>.out.yaml holds each write as the patch that is sent, and the objects
// at the end. Run it with -update to write the second from the first, and read the difference.
//
// Read Run first, then Cluster, which takes Changes as an API server does.
//
// It checks beside that no argument is changed, that a patch gives what was rendered, and that a second look finds nothing to do.
// What a good result is it does not know: that is for who reads the files.
package rendertest
