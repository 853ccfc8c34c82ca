// Package dns would know the DNS services that proofs can be left with.
package dns

import (
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName returns certificate.ErrNoACME.
func NewDNSChallengeProviderByName(string) (challenge.Provider, error) {
	return nil, certificate.ErrNoACME
}
