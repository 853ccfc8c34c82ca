// Command pod is the program of the pods in tests of the mesh: "answer" is called, "call" calls. All it is told comes from variables.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/kanari-dev/kanari/mesh/answer"
	"github.com/kanari-dev/kanari/mesh/calls"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pod:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	role := ""
	if len(args) == 1 {
		role = args[0]
	}
	switch role {
	case "answer":
		rate, err := strconv.ParseFloat(cmp.Or(os.Getenv("ERROR_RATE"), "0"), 64)
		if err != nil {
			return fmt.Errorf("ERROR_RATE: %w", err)
		}
		server := &answer.Server{Version: os.Getenv("VERSION"), Pod: os.Getenv("POD_NAME"), Zone: os.Getenv("ZONE"), ErrorRate: rate, Address: os.Getenv("POD_IP")}
		return server.Run(ctx)
	case "call":
		return calls.Node{Address: os.Getenv("POD_IP"), Pod: os.Getenv("POD_NAME"), Namespace: os.Getenv("NAMESPACE"), Discovery: os.Getenv("ISTIOD")}.Run(ctx)
	}
	return fmt.Errorf("%q: want answer or call", args)
}
