package controlplane

import (
	"fmt"
	"net"
	"sync"
)

// severed is a listener whose connections can all be cut at once, as they are when a process dies.
type severed struct {
	net.Listener

	mutex sync.Mutex
	open  map[net.Conn]bool
	cut   bool
}

func listen(port int) (*severed, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	return &severed{Listener: l, open: map[net.Conn]bool{}}, err
}

// Accept waits for a caller. Whoever comes after the cut is hung up on.
func (s *severed) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open[c] = true
	if s.cut {
		_ = c.Close()
	}
	return connection{c, s}, nil
}

// sever hangs up on everybody.
func (s *severed) sever() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.cut = true
	for c := range s.open {
		_ = c.Close()
	}
}

// connection is one that its listener knows of.
type connection struct {
	net.Conn

	of *severed
}

// Close implements net.Conn.
func (c connection) Close() error {
	c.of.mutex.Lock()
	defer c.of.mutex.Unlock()
	delete(c.of.open, c.Conn)
	return c.Conn.Close()
}
