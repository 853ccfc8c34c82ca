package controlplane

import (
	"path/filepath"

	"k8s.io/client-go/rest"
)

// Config says what to start and where.
type Config struct {
	Dir       string   // an existing folder that belongs to this plane alone
	Port      int      // where callers reach the API server on 127.0.0.1, by a forwarder that is not the plane's
	Inner     int      // port of the API server itself in this network namespace; Start chooses it
	Audit     string   // file for the audit log, one JSON object a line; empty: none
	Users     []User   // who may log in besides the admin
	CRDs      []string // folders of kinds to install
	Verbosity int      // klog verbosity of the components
}

// User may log in with a token and has the rights that RBAC gives to its name and group.
type User struct {
	Name  string
	Group string // may be empty
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (c Config) Kubeconfig() string { return c.path("kubeconfig") }

// KubeconfigOf is the path of a User's kubeconfig.
func (c Config) KubeconfigOf(name string) string { return c.path("kubeconfig-" + name) }

func (c Config) path(name string) string { return filepath.Join(c.Dir, name) }

// Quick lifts the client's own rate limit: the lab is its only load.
func Quick(cfg *rest.Config, userAgent string) *rest.Config {
	fast := rest.CopyConfig(cfg)
	fast.QPS, fast.Burst = -1, -1
	fast.UserAgent = userAgent
	return fast
}
