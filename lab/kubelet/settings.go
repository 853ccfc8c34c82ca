package kubelet

import (
	"time"

	"github.com/kanari-dev/kanari/lab/programs"
)

// Settings hold for every node.
type Settings struct {
	Nodes      []Node
	ReadyAfter time.Duration // from a container's start until it is ready; a pod's annotation goes first
	Drain      time.Duration // from SIGTERM, after the preStop hook, until a container has ended
	Programs   *programs.Table
	NoPrograms bool   // a container that Programs stand for cannot be made: there is no network to run them in
	Dir        string // for the files of pods with a program
	APIServer  string // HOST:PORT, as programs reach it
}

// Node is a machine that the lab pretends to have.
type Node struct {
	Name   string
	Zone   string
	Region string
	Taints []Taint
}

// Taint keeps pods without a toleration away from a node.
type Taint struct {
	Key, Value string
	Effect     string // NoSchedule, PreferNoSchedule or NoExecute
}
