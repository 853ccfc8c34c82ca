// Package labtest tests the built binary from outside: the program KANARI_LAB names, or one that scripts/lab-build makes.
//
// Read TestLab first; process_test.go has how labs start, stop and are killed, envtest_test.go the binary under the
// names that envtest calls it by.
//
// It leaves what can be tested without a cluster to the packages themselves, and links none of the control plane.
package labtest
