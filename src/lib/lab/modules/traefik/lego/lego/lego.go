// Package lego would be the client.
package lego

import (
	"crypto"
	"crypto/x509"
	"net/http"
	"time"

	left "github.com/go-acme/lego/v5"
	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the server that Traefik asks unless told otherwise.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// User is whose account it is.
type User interface {
	GetEmail() string
	GetRegistration() *acme.ExtendedAccount
	GetPrivateKey() crypto.Signer
}

// Config is what a client would be made from.
type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

// NewConfig has nothing set.
func NewConfig(User) *Config { return &Config{} }

// Client is never there.
type Client struct {
	Challenge    challenges
	Certificate  certificate.Certifier
	Registration registration.Registrar
}

// NewClient refuses.
func NewClient(*Config) (*Client, error) { return nil, left.ErrLeftOut }

// CreateCertPool refuses.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, left.ErrLeftOut }

type challenges struct{}

func (challenges) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return left.ErrLeftOut
}

func (challenges) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return left.ErrLeftOut
}

func (challenges) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return left.ErrLeftOut
}
