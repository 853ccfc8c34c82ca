// Package dns01 has the options of proofs by DNS records, which nobody asks for.
package dns01

import (
	"strings"
	"time"
)

type (
	// ChallengeOption would change how a proof is given.
	ChallengeOption func()
	// Options are those of a Client.
	Options struct{ RecursiveNameservers []string }
	// Client would ask name servers.
	Client struct{}
)

// NewClient returns one that does nothing.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions returns an option without effect.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return func() {} }

// DisableAuthoritativeNssPropagationRequirement returns an option without effect.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return func() {} }

// DisableRecursiveNSsPropagationRequirement returns an option without effect.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return func() {} }

// PropagationWait returns an option without effect.
func PropagationWait(time.Duration, bool) ChallengeOption { return func() {} }

// UnFqdn is a domain's name without the dot at its end.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
