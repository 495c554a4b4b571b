// Package ext is where builds of Traefik with more in them add fields to its configuration: here none.
//
// Traefik's go.mod replaces this module by a folder that its own module does not ship.
package ext

// HTTP has what is added to the configuration of HTTP.
type HTTP struct{}

// Router has what is added to that of a router.
type Router struct{}
