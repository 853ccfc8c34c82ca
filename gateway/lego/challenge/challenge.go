// Package challenge has the interface of those who prove that a domain is theirs.
package challenge

import "context"

// Provider shows a proof, and takes it away again.
type Provider interface {
	Present(ctx context.Context, domain, token, proof string) error
	CleanUp(ctx context.Context, domain, token, proof string) error
}
