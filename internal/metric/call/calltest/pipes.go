package calltest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
)

// password is part of every address that a backend is asked at.
const password = "0pen-5esame"

// withUser is an address with user and password.
func withUser(address string) string {
	return strings.Replace(address, "://", "://reader:"+password+"@", 1)
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// pipes is a network in memory with one server, which a clock in a bubble can wait for.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
	server   *http.Server
}

func newPipes(handler http.Handler) *pipes {
	p := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{}), server: &http.Server{Handler: handler, ErrorLog: quiet()}}
	go func() { _ = p.server.Serve(p) }() // ends with close
	return p
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.accepted <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr is a name.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) close() { _ = p.server.Close() } // nobody is served any more
