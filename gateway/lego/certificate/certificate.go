// Package certificate refuses to obtain certificates.
package certificate

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/certcrypto"
)

// ErrNoACME is the answer to everything that would need an ACME client.
var ErrNoACME = errors.New("this Traefik was built for tests, without ACME: give it certificates as files")

// Resource is a certificate with its key.
type Resource struct {
	ID                      string
	Domains                 []string
	PrivateKey, Certificate []byte
}

// ObtainRequest asks for a certificate.
type ObtainRequest struct {
	Domains, EmailAddresses  []string
	Profile, PreferredChain  string
	Bundle, EnableCommonName bool
	KeyType                  certcrypto.KeyType
}

// RenewOptions go with the renewal of one.
type RenewOptions struct {
	EmailAddresses           []string
	Profile, PreferredChain  string
	Bundle, EnableCommonName bool
}

// Certifier obtains nothing.
type Certifier struct{}

// Obtain returns ErrNoACME.
func (*Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) { return nil, ErrNoACME }

// Renew returns ErrNoACME.
func (*Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) {
	return nil, ErrNoACME
}
