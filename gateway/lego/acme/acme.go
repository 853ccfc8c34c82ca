// Package acme has the two types that Traefik keeps an account in.
package acme

// Account is what a certificate authority knows of a customer.
type Account struct {
	Status, Orders       string
	Contact              []string
	TermsOfServiceAgreed bool
}

// ExtendedAccount adds where the account is found.
type ExtendedAccount struct {
	Account
	Location string
}
