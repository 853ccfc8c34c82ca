// Package answer is the program of the pods that are called: it says who it is, over gRPC and over HTTP.
//
// Read Answer first, then Server. The gRPC service is described by hand in service.go: one method, and a well-known type that
// carries JSON, so nothing has to be generated.
//
// Which requests arrive is left to the mesh, and counting them to package calls.
package answer
