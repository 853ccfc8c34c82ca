// Package clitest is a small API server in memory, for tests of the command line.
//
// Read Server first: it is loaded from YAML, answers get, list, watch, create, patch and update over HTTP as a real one does,
// remembers every write byte for byte, and can be told to lack or refuse things. Status subresources, generations and
// conflicts behave; admission, defaults and validation do not exist.
//
// What a controller would do is left to the test, which changes objects by hand.
package clitest
