package controlplane

import (
	"context"
	"errors"
	"fmt"
	"time"

	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// restartWithin bounds one restart.
const restartWithin = time.Minute

// RestartAPIServer cuts every connection to the API server, as its death would, and returns when another one answers at the same port, over
// the same data.
func (p *Plane) RestartAPIServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, restartWithin)
	defer cancel()
	gone := make(chan struct{})
	select {
	case p.restarts <- gone:
	case <-ctx.Done():
		return fmt.Errorf("waiting for an earlier restart of the API server: %w", ctx.Err())
	}
	select {
	case <-gone:
	case <-ctx.Done():
		return fmt.Errorf("ending the API server: %w", ctx.Err())
	}
	return p.waitReady(ctx)
}

// serve runs one API server after the other, a new one for each restart, until life ends or one of them does by itself.
func (p *Plane) serve(life context.Context, next server) error {
	for {
		gone, err := p.serveOnce(life, next)
		if gone == nil {
			return err
		}
		next, err = p.newAPIServer(life)
		close(gone)
		if err != nil {
			return err
		}
	}
}

// serveOnce runs an API server to its end. It returns whom to tell when the end was asked for by a restart.
func (p *Plane) serveOnce(life context.Context, s server) (gone chan<- struct{}, err error) {
	once, end := context.WithCancel(life)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- apiserver.Run(once, s.options) }()
	select {
	case err := <-ended:
		return nil, err
	case gone = <-p.restarts:
	}
	end()
	s.door.sever()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return gone, nil
}
