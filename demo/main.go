package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/demo/show"
)

// props are the files and figures that the demo is played with.
type props struct {
	lab, prometheus, controller, plugin string // binaries

	crds    string // folder
	example string // folder, with a folder judge in it
	rate    int    // requests a second
	stay    bool   // leave the cluster running afterwards
}

func main() {
	// The kernel ends a child with the thread that started it, so all of them are started here, on a thread that stays.
	runtime.LockOSThread()
	var p props
	flag.StringVar(&p.lab, "lab", "bin/kanari-lab", "binary of the lab")
	flag.StringVar(&p.prometheus, "prometheus", "bin/kanari-prometheus", "binary of Prometheus, for a pod of the lab")
	flag.StringVar(&p.controller, "controller", "bin/kanari-controller", "binary of the controller")
	flag.StringVar(&p.plugin, "plugin", "bin/kubectl-kanari", "binary of the kubectl plugin")
	flag.StringVar(&p.crds, "crds", "config/crd", "folder of Kanari's CustomResourceDefinitions")
	flag.StringVar(&p.example, "example", "examples/02-analysis", "folder of the example to play, with a folder judge in it")
	flag.IntVar(&p.rate, "rate", 500, "requests a second")
	flag.BoolVar(&p.stay, "stay", false, "leave the cluster running afterwards, until Ctrl-C")
	flag.Parse()
	quieten()
	os.Exit(run(p))
}

// quieten keeps the libraries' logs off the screen: what goes wrong is told by errors.
func quieten() {
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
}

const interrupted = 130 // what a shell makes of Ctrl-C

func run(p props) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	screen, paint := terminal(os.Stdout)
	err := perform(ctx, &play{props: p, screen: screen, paint: paint})
	screen.Close()
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\ninterrupted: everything is stopped, nothing is left")
		return interrupted
	}
	fmt.Fprintln(os.Stderr, "\n"+paint.As(show.Red, "demo: "+err.Error()))
	return 1
}

// perform plays and cleans up, however it ends.
func perform(ctx context.Context, p *play) (err error) {
	p.dir, err = os.MkdirTemp("", "kanari-demo-")
	if err != nil {
		return fmt.Errorf("making a folder among the temporary files: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel() // an API server waits for those who watch it
		p.crew.stop()
		err = errors.Join(err, os.RemoveAll(p.dir))
	}()
	return p.perform(ctx)
}

// terminal finds out what standard output is. Colours and redrawing are for terminals; NO_COLOR turns the former off.
func terminal(out *os.File) (*show.Screen, show.Paint) {
	width, _, err := term.GetSize(int(out.Fd()))
	if err != nil || os.Getenv("TERM") == "dumb" {
		return &show.Screen{Out: out}, show.Paint{}
	}
	return &show.Screen{Out: out, Width: width}, show.Paint{On: os.Getenv("NO_COLOR") == ""}
}
