package supervise

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// door is a listener in the caller's network, as a file that can be handed over.
type door struct {
	port int
	file *os.File
}

func (d door) url(scheme string) string { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, d.port) }

type doors struct{ api, gateway, control door }

func openDoors(o Options) (*doors, error) {
	var d doors
	for _, want := range []struct {
		door *door
		port int
		flag string
	}{{&d.api, o.Port, "--port"}, {&d.gateway, o.Gateway, "--gateway-port"}, {&d.control, 0, "control port"}} {
		opened, err := open(want.port)
		if err != nil {
			d.close()
			return nil, fmt.Errorf("%s %d: %w", want.flag, want.port, err)
		}
		*want.door = opened
	}
	return &d, nil
}

func (d *doors) close() {
	for _, one := range []door{d.api, d.gateway, d.control} {
		if one.file != nil {
			_ = one.file.Close()
		}
	}
}

func open(port int) (door, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return door{}, errors.New("the port is taken; name another one, or none for any free one")
	}
	if errors.Is(err, syscall.EACCES) {
		return door{}, errors.New("you may not use this port; name one above 1023")
	}
	if err != nil {
		return door{}, err
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	return door{port: l.Addr().(*net.TCPAddr).Port, file: file}, err
}
