package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"github.com/kanari-dev/kanari/lab/folder"
)

const (
	startWithin = 3 * time.Minute // on a machine that does much else
	stopWithin  = 20 * time.Second
	gcAtStart   = 70 // quick to start, yet not so much garbage that its pages stay in use
	gcLater     = 40 // small: the lab shares its machine with what it is to test
)

// Run is the life of the inner process; it returns the exit code.
func Run() int {
	debug.SetGCPercent(gcAtStart)
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()

	news := json.NewEncoder(os.NewFile(NewsFile, "news"))
	spec, err := readSpec(os.Stdin, stop)
	if err != nil {
		_ = news.Encode(News{Error: err.Error()})
		return 1
	}
	home := folder.Inherit(spec.Dir, spec.Made, os.NewFile(LockFile, "lock"))
	defer func() { leave(spec, home) }()
	context.AfterFunc(ctx, func() {
		time.AfterFunc(stopWithin, func() { leave(spec, home); os.Exit(1) })
	})
	c := &cluster{spec: spec}
	defer c.stop()
	if told := c.start(ctx); !told.Ready {
		spec.Keep = spec.Keep || told.Refused // another process will go on with the folder
		_ = news.Encode(told)
		return 1
	}
	debug.SetGCPercent(gcLater)
	go debug.FreeOSMemory()
	_ = news.Encode(News{Ready: true, Network: c.network.Name()})
	select {
	case <-ctx.Done():
		return 0
	case err := <-c.plane.Ended():
		klog.ErrorS(err, "the control plane is broken")
		return 1
	}
}

// readSpec reads the first value of the pipe and calls stop when the pipe ends.
func readSpec(pipe io.Reader, stop func()) (Spec, error) {
	var spec Spec
	in := json.NewDecoder(pipe)
	if err := in.Decode(&spec); err != nil {
		return spec, fmt.Errorf("reading what to start: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		stop()
	}()
	return spec, nil
}

func leave(spec Spec, home *folder.Folder) {
	klog.Flush()
	if spec.Keep {
		return
	}
	if err := home.Remove(); err != nil {
		klog.ErrorS(err, "removing the lab's folder")
	}
}
