// Package http01 has what proofs by HTTP are recognised by.
package http01

import "time"

// PathPrefix is where such proofs are asked for.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption would change how a proof is given.
type ChallengeOption func()

// SetDelay returns an option without effect.
func SetDelay(time.Duration) ChallengeOption { return func() {} }
