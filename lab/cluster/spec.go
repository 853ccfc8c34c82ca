package cluster

import (
	"time"

	"github.com/kanari-dev/kanari/lab/controlplane"
	"github.com/kanari-dev/kanari/lab/kubelet"
)

// Spec is all that the inner process has to know.
type Spec struct {
	Dir     string
	Made    bool // the folder is the lab's to remove
	Keep    bool // leave the folder when stopping
	Private bool // this process is in a network namespace of its own
	Port    int  // of the API server, for callers

	Audit       string
	Verbosity   int
	Users       []controlplane.User
	CRDs        []string
	Nodes       []kubelet.Node
	ReadyAfter  time.Duration
	Drain       time.Duration
	ServeImages []string
	Programs    map[string]string // paths of programs by the image they stand for
}

// Files that the inner process inherits, by number.
const (
	APIFile     = 3 + iota // listener on the caller's loopback
	GatewayFile            // listener
	ControlFile            // listener
	LockFile               // the folder's lock
	NewsFile               // where it writes one News, for the process that started it
)

// News is what the inner process tells when it is ready, or why it will never be.
type News struct {
	Ready   bool   `json:"ready"`
	Network string `json:"network,omitempty"`
	Error   string `json:"error,omitempty"`
	// Refused means that the kernel allows no private network here, and that another process may try without.
	Refused bool `json:"refused,omitempty"`
}
