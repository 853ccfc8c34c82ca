// Command istiod is Istio's control plane, built from its Go module: the command itself is Istio's, this file only starts it.
package main

import (
	"fmt"
	"os"

	"istio.io/istio/pilot/cmd/pilot-discovery/app"
	"istio.io/istio/pkg/log"
)

func main() {
	log.EnableKlogWithCobra() // it adds flags, so it comes before they are read
	command := app.NewRootCommand()
	command.SilenceUsage = true
	if err := command.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "istiod:", err)
		os.Exit(1)
	}
}
