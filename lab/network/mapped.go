package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Mapped keeps a list of which cluster address is served on which loopback port. Its zero value is ready for use.
type Mapped struct {
	mu    sync.Mutex
	ports map[netip.AddrPort]string
	net.Dialer
}

// Name is "mapped".
func (m *Mapped) Name() string { return "mapped" }

// Listen serves address on a free loopback port until the listener is closed.
func (m *Mapped) Listen(address netip.AddrPort) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.ports[address]; taken {
		return nil, fmt.Errorf("listening on %s: address already in use", address)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", address, err)
	}
	if m.ports == nil {
		m.ports = map[netip.AddrPort]string{}
	}
	m.ports[address] = l.Addr().String()
	return &mappedListener{Listener: l, network: m, address: address}, nil
}

// DialContext connects to a cluster address through its loopback port, and to any other address as it is.
func (m *Mapped) DialContext(ctx context.Context, protocol, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Pods.Contains(at.Addr()) && !Services.Contains(at.Addr()) {
		return m.Dialer.DialContext(ctx, protocol, address)
	}
	m.mu.Lock()
	port, served := m.ports[at]
	m.mu.Unlock()
	if !served {
		return nil, &net.OpError{Op: "dial", Net: protocol, Addr: net.TCPAddrFromAddrPort(at), Err: syscall.ECONNREFUSED}
	}
	return m.Dialer.DialContext(ctx, protocol, port)
}

func (m *Mapped) forget(address netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.ports, address)
}

type mappedListener struct {
	net.Listener
	network *Mapped
	address netip.AddrPort
	once    sync.Once
}

func (l *mappedListener) Close() error {
	l.once.Do(func() { l.network.forget(l.address) })
	return l.Listener.Close()
}
