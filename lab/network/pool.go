package network

import (
	"fmt"
	"net/netip"
	"sync"
)

// Pool hands out pod addresses from 10.88.1.0 on, each once round before one is given again, so that a client that
// still knows a dead pod's address seldom meets a stranger there. Its zero value is ready for use.
type Pool struct {
	mu   sync.Mutex
	next uint16
	used map[netip.Addr]bool
}

const (
	firstPod = 1 << 8  // below: the nodes
	pods     = 1 << 16 // addresses in the range
)

// Node is the address of the n-th node, from 1 to 254.
func Node(n int) netip.Addr { return addr(uint16(n)) }

// Take returns a free pod address.
func (p *Pool) Take() (netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used, p.next = map[netip.Addr]bool{}, firstPod
	}
	for range pods - firstPod {
		a := addr(p.next)
		if p.next++; p.next < firstPod {
			p.next = firstPod
		}
		if last := a.As4()[3]; last == 0 || last == 255 || p.used[a] {
			continue
		}
		p.used[a] = true
		return a, nil
	}
	return netip.Addr{}, fmt.Errorf("all %d addresses of pods are taken", len(p.used))
}

// Free gives an address back.
func (p *Pool) Free(a netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.used, a)
}

func addr(n uint16) netip.Addr {
	base := Pods.Addr().As4()
	base[2], base[3] = byte(n>>8), byte(n)
	return netip.AddrFrom4(base)
}
