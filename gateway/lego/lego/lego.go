// Package lego has the client that Traefik would order certificates with. None can be made.
package lego

import (
	"crypto"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the default in Traefik's configuration. Nobody calls there.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

type (
	// User is who orders.
	User interface {
		GetEmail() string
		GetRegistration() *acme.ExtendedAccount
		GetPrivateKey() crypto.Signer
	}
	// Config is that of a Client.
	Config struct {
		CADirURL, UserAgent string
		Certificate         struct{ Timeout time.Duration }
		HTTPClient          *http.Client
	}
	// Client would order certificates.
	Client struct {
		Certificate  *certificate.Certifier
		Challenge    *Solvers
		Registration *registration.Registrar
	}
	// Solvers would be those who give proofs.
	Solvers struct{}
)

// NewConfig returns an empty one.
func NewConfig(User) *Config { return &Config{} }

// NewClient returns certificate.ErrNoACME.
func NewClient(*Config) (*Client, error) { return nil, certificate.ErrNoACME }

// CreateCertPool returns certificate.ErrNoACME.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, certificate.ErrNoACME }

// SetDNS01Provider returns certificate.ErrNoACME.
func (*Solvers) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return certificate.ErrNoACME
}

// SetHTTP01Provider returns certificate.ErrNoACME.
func (*Solvers) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return certificate.ErrNoACME
}

// SetTLSALPN01Provider returns certificate.ErrNoACME.
func (*Solvers) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return certificate.ErrNoACME
}
