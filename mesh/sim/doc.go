// Package sim asks Istio's own code what it makes of the objects that the renderer writes: its validation, and the routes, clusters
// and endpoints that its discovery would send to a proxy. No process and no cluster is needed, and each question takes milliseconds.
//
// Read render_test.go first: every turn of every case of internal/traffic/istio/testdata is played again, patch by patch. Then
// mesh_test.go, which is Istio's half, and route_test.go, which chooses a route as a proxy does. zone_test.go and
// validation_test.go hold the traps that the documentation warns of.
//
// Whether requests arrive is left to the tests with real proxies.
package sim
