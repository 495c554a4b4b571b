// Package acme has the types of an account.
package acme

// Account is what a server knows of one.
type Account struct{}

// ExtendedAccount is the same with its address.
type ExtendedAccount struct {
	Account
	Location string
}
