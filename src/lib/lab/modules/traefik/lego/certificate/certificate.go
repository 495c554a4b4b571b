// Package certificate has what is asked of a server, and what it gives.
package certificate

import (
	"context"

	lego "github.com/go-acme/lego/v5"
	"github.com/go-acme/lego/v5/certcrypto"
)

// Resource is a certificate with its key.
type Resource struct {
	ID          string
	Domains     []string
	PrivateKey  []byte
	Certificate []byte
}

// ObtainRequest asks for a new one.
type ObtainRequest struct {
	Domains          []string
	EmailAddresses   []string
	Profile          string
	PreferredChain   string
	KeyType          certcrypto.KeyType
	Bundle           bool
	EnableCommonName bool
}

// RenewOptions go with one that is renewed.
type RenewOptions struct {
	EmailAddresses   []string
	Profile          string
	PreferredChain   string
	Bundle           bool
	EnableCommonName bool
}

// Certifier would ask.
type Certifier struct{}

// Obtain does not.
func (Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) {
	return nil, lego.ErrLeftOut
}

// Renew does not.
func (Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) {
	return nil, lego.ErrLeftOut
}
