// Package tlsalpn01 has what proofs by TLS are recognised by.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/certificate"
)

// ACMETLS1Protocol is the protocol that a client names who wants a proof.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption would change how a proof is given.
type ChallengeOption func()

// SetDelay returns an option without effect.
func SetDelay(time.Duration) ChallengeOption { return func() {} }

// ChallengeBlocks returns certificate.ErrNoACME.
func ChallengeBlocks(string, string) (cert, key []byte, err error) {
	return nil, nil, certificate.ErrNoACME
}
