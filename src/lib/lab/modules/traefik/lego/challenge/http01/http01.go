// Package http01 has the options of challenges by HTTP.
package http01

import "time"

// PathPrefix is where a server asks.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption has no effect here.
type ChallengeOption struct{}

// SetDelay neither.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
