// Package tlsalpn01 has the options of challenges by TLS.
package tlsalpn01

import (
	"time"

	lego "github.com/go-acme/lego/v5"
)

// ACMETLS1Protocol is what a server asks with.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption has no effect here.
type ChallengeOption struct{}

// SetDelay neither.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }

// ChallengeBlocks would be the certificate that answers, and its key.
func ChallengeBlocks(string, string) ([]byte, []byte, error) { return nil, nil, lego.ErrLeftOut }
