package endpoints

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/kanari-dev/kanari/lab/network"
)

// Proxy serves the ClusterIPs of all Services.
type Proxy struct {
	directory *Directory
	network   network.Network

	mu    sync.Mutex
	doors map[netip.AddrPort]*door
}

// door is a ClusterIP and port that is listened on.
type door struct {
	net.Listener
	owner string // namespace/name
	port  int32
	turn  atomic.Uint64
}

// Serve starts listening on ClusterIPs as Services come and go.
func Serve(d *Directory, n network.Network) (*Proxy, error) {
	p := &Proxy{directory: d, network: n, doors: map[netip.AddrPort]*door{}}
	_, err := d.services.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { p.adjust(o.(*corev1.Service), true) },
		UpdateFunc: func(_, o any) { p.adjust(o.(*corev1.Service), true) },
		DeleteFunc: func(o any) {
			if last, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = last.Obj
			}
			if s, ok := o.(*corev1.Service); ok {
				p.adjust(s, false)
			}
		},
	})
	return p, err
}

// adjust opens the doors that a Service wants and closes those it no longer wants.
func (p *Proxy) adjust(s *corev1.Service, exists bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	owner := s.Namespace + "/" + s.Name
	want := map[netip.AddrPort]int32{}
	if exists && owner != "default/kubernetes" {
		want = addresses(s)
	}
	for at, d := range p.doors {
		if _, keep := want[at]; d.owner == owner && !keep {
			_ = d.Close()
			delete(p.doors, at)
		}
	}
	for at, port := range want {
		if p.doors[at] != nil {
			continue
		}
		l, err := p.network.Listen(at)
		if err != nil {
			klog.ErrorS(err, "serving a ClusterIP", "service", owner)
			continue
		}
		d := &door{Listener: l, owner: owner, port: port}
		p.doors[at] = d
		go p.accept(d, Query{Namespace: s.Namespace, Name: s.Name, Port: port})
	}
}

func addresses(s *corev1.Service) map[netip.AddrPort]int32 {
	found := map[netip.AddrPort]int32{}
	ip, err := netip.ParseAddr(s.Spec.ClusterIP)
	if err != nil {
		return found // headless, or without an address
	}
	for _, port := range s.Spec.Ports {
		if port.Protocol == "" || port.Protocol == corev1.ProtocolTCP {
			found[netip.AddrPortFrom(ip, uint16(port.Port))] = port.Port
		}
	}
	return found
}

func (p *Proxy) accept(d *door, q Query) {
	for {
		c, err := d.Accept()
		if err != nil {
			return
		}
		go p.hand(c, q, &d.turn)
	}
}

// hand connects c to the next ready endpoint; without one the caller is hung up on.
func (p *Proxy) hand(c net.Conn, q Query, turn *atomic.Uint64) {
	defer c.Close()
	ready := p.directory.Ready(q)
	if len(ready) == 0 {
		return
	}
	to := ready[turn.Add(1)%uint64(len(ready))]
	onward, err := p.network.DialContext(context.Background(), "tcp", to.String())
	if err != nil {
		return
	}
	network.Join(c, onward)
}

// Close stops listening; connections that are open go on.
func (p *Proxy) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, d := range p.doors {
		_ = d.Close()
		delete(p.doors, at)
	}
}
