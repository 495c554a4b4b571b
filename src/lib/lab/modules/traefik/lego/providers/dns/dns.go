// Package dns would have the DNS providers.
package dns

import (
	lego "github.com/go-acme/lego/v5"
	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName knows none.
func NewDNSChallengeProviderByName(string) (challenge.Provider, error) { return nil, lego.ErrLeftOut }
