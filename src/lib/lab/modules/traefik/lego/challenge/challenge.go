// Package challenge has what answers a server's challenge.
package challenge

import "context"

// Provider answers one.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
