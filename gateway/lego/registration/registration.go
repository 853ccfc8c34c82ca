// Package registration opens no accounts.
package registration

import (
	"context"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
)

type (
	// RegisterEABOptions are for a customer whom the authority knows from elsewhere.
	RegisterEABOptions struct {
		TermsOfServiceAgreed bool
		Kid, HmacEncoded     string
	}
	// RegisterOptions are for a new customer.
	RegisterOptions struct{ TermsOfServiceAgreed bool }
	// Registrar would open accounts.
	Registrar struct{}
)

// Register returns certificate.ErrNoACME.
func (*Registrar) Register(context.Context, RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrNoACME
}

// RegisterWithExternalAccountBinding returns certificate.ErrNoACME.
func (*Registrar) RegisterWithExternalAccountBinding(context.Context, RegisterEABOptions) (*acme.ExtendedAccount, error) {
	return nil, certificate.ErrNoACME
}
