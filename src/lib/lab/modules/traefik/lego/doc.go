// Package lego stands in for the ACME client of Traefik, so that it builds without the clients of some 180 DNS providers.
//
// Certificates that are there are served as ever; a resolver of certificates that is asked for one says ErrLeftOut.
package lego

import "errors"

// ErrLeftOut is what everything here answers that would have to speak ACME.
var ErrLeftOut = errors.New("this build of Traefik speaks no ACME")
