package network

import (
	"io"
	"net"
)

// Forward hands every connection of l on to target until l is closed.
func Forward(l net.Listener, target string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			onward, err := net.Dial("tcp", target)
			if err != nil {
				return
			}
			Join(c, onward)
		}()
	}
}

// Join copies both ways between two connections until both directions have ended, and closes the second.
func Join(a, b net.Conn) {
	defer b.Close()
	done := make(chan struct{})
	go func() {
		pass(b, a)
		close(done)
	}()
	pass(a, b)
	<-done
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from) // either end may hang up at any time
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
