// Package registration would make accounts.
package registration

import (
	"context"

	lego "github.com/go-acme/lego/v5"
	"github.com/go-acme/lego/v5/acme"
)

// RegisterOptions go with a new account.
type RegisterOptions struct{ TermsOfServiceAgreed bool }

// RegisterEABOptions go with one that is bound to another.
type RegisterEABOptions struct {
	TermsOfServiceAgreed bool
	Kid                  string
	HmacEncoded          string
}

// Registrar would ask for it.
type Registrar struct{}

// Register does not.
func (Registrar) Register(context.Context, RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, lego.ErrLeftOut
}

// RegisterWithExternalAccountBinding does not.
func (Registrar) RegisterWithExternalAccountBinding(context.Context, RegisterEABOptions) (*acme.ExtendedAccount, error) {
	return nil, lego.ErrLeftOut
}
