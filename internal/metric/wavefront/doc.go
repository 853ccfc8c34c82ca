// Package wavefront runs a ts query of Wavefront (VMware Aria Operations for Applications) at the present.
//
// Read Provider first.
//
// One GET request, written out here: the client libraries of the vendor are for sending points and for managing dashboards. Conditions
// are judged in package analysis.
package wavefront
