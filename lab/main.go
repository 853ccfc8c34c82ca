// Command kanari-lab is a Kubernetes cluster in one process, for tests and demonstrations of Kanari.
package main

import (
	"os"
	"runtime"

	"github.com/kanari-dev/kanari/lab/cli"
)

func init() {
	// A command run by the lab dies with the thread that started it: the main one, which lives as long as the process.
	runtime.LockOSThread()
}

func main() { os.Exit(cli.Main(os.Args)) }
