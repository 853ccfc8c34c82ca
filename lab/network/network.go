package network

import (
	"context"
	"net"
	"net/netip"
)

// Network lets servers listen on addresses of the cluster and clients reach them.
type Network interface {
	Listen(address netip.AddrPort) (net.Listener, error)
	DialContext(ctx context.Context, protocol, address string) (net.Conn, error)
	// Name says in a word which network this is: private or mapped.
	Name() string
}

var (
	// Pods is the range of nodes' and pods' addresses.
	Pods = netip.MustParsePrefix("10.88.0.0/16")
	// Services is the range of ClusterIPs; the control plane is started with the same.
	Services = netip.MustParsePrefix("10.96.0.0/16")
)
