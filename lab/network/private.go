package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Private is the network of the namespace that this process was started in; see MakePrivate.
type Private struct{ net.Dialer }

// Name is "private".
func (*Private) Name() string { return "private" }

// Listen opens a socket on the address itself.
func (*Private) Listen(address netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", address.String())
}

// DialContext connects to the address itself.
func (p *Private) DialContext(ctx context.Context, protocol, address string) (net.Conn, error) {
	return p.Dialer.DialContext(ctx, protocol, address)
}

// MakePrivate sets up the loopback interface of a fresh network namespace: up, and every address of the cluster
// local to it, so that no interface and no address per pod is needed. It must run inside that namespace.
func MakePrivate() (*Private, error) {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("finding the loopback interface: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return nil, fmt.Errorf("bringing the loopback interface up: %w", err)
	}
	for _, prefix := range []netip.Prefix{Pods, Services} {
		if err := makeLocal(lo, prefix); err != nil {
			return nil, fmt.Errorf("making %s local: %w", prefix, err)
		}
	}
	return &Private{}, nil
}

func makeLocal(lo netlink.Link, prefix netip.Prefix) error {
	return netlink.RouteAdd(&netlink.Route{
		LinkIndex: lo.Attrs().Index,
		Dst:       &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), 32)},
		Table:     unix.RT_TABLE_LOCAL,
		Type:      unix.RTN_LOCAL,
		Scope:     netlink.SCOPE_HOST,
	})
}
