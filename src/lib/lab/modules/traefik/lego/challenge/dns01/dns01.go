// Package dns01 has the options of challenges by DNS, and what Traefik uses of it for names.
package dns01

import (
	"strings"
	"time"
)

// Options, Client and ChallengeOption have no effect here.
type (
	Options         struct{ RecursiveNameservers []string }
	Client          struct{}
	ChallengeOption struct{}
)

// NewClient and what follows it are never asked: there is no client to register with before.
func NewClient(*Options) *Client { return &Client{} }

func SetDefaultClient(*Client) {}

func CondOptions(bool, ...ChallengeOption) ChallengeOption { return ChallengeOption{} }

func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return ChallengeOption{} }

func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return ChallengeOption{} }

func PropagationWait(time.Duration, bool) ChallengeOption { return ChallengeOption{} }

// UnFqdn is a name without its last dot.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
