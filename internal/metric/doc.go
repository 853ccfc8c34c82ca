// Package metric says what is asked of a metrics backend and what comes back, and holds the seam to the backends.
//
// Read Query and Measurement first, then Provider. Below this folder lives one package for each backend.
//
// When a measurement is due and what it means is decided in package analysis.
package metric
