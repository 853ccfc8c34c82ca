// Package ext stands in for the place where a derived product adds fields to Traefik's configuration. Nothing is added.
package ext

// HTTP would extend the whole of the HTTP configuration.
type HTTP struct{}

// Router would extend one router.
type Router struct{}
