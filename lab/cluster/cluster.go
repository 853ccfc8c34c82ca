package cluster

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kanari-dev/kanari/lab/control"
	"github.com/kanari-dev/kanari/lab/controlplane"
	"github.com/kanari-dev/kanari/lab/endpoints"
	"github.com/kanari-dev/kanari/lab/gateway"
	"github.com/kanari-dev/kanari/lab/kubelet"
	"github.com/kanari-dev/kanari/lab/network"
	"github.com/kanari-dev/kanari/lab/programs"
	"github.com/kanari-dev/kanari/lab/serve"
)

// cluster is what runs, and how to stop it in the opposite order.
type cluster struct {
	spec    Spec
	network network.Network
	plane   *controlplane.Plane
	servers *serve.Servers
	kubelet *kubelet.Kubelet
	stops   []func()
}

func (c *cluster) onStop(f func()) { c.stops = append(c.stops, f) }

func (c *cluster) stop() {
	for _, f := range slices.Backward(c.stops) {
		f()
	}
}

// start brings everything up, or says why not.
func (c *cluster) start(ctx context.Context) News {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := c.startNetwork(); err != nil {
		return News{Error: err.Error(), Refused: true}
	}
	for _, part := range []func(context.Context) error{c.startPlane, c.startNodes, c.startServices} {
		if err := part(ctx); err != nil {
			return News{Error: err.Error()}
		}
	}
	return News{Ready: true}
}

func (c *cluster) startNetwork() error {
	if !c.spec.Private {
		c.network = &network.Mapped{}
		return nil
	}
	private, err := network.MakePrivate()
	c.network = private
	return err
}

func (c *cluster) startPlane(ctx context.Context) error {
	plane, err := controlplane.Start(ctx, controlplane.Config{
		Dir: c.spec.Dir, Port: c.spec.Port, Audit: c.spec.Audit,
		Users: c.spec.Users, CRDs: c.spec.CRDs, Verbosity: c.spec.Verbosity,
	})
	if err != nil {
		return err
	}
	c.plane = plane
	c.onStop(plane.Stop)
	outside, err := listener(APIFile)
	if err != nil {
		return err
	}
	c.onStop(func() { _ = outside.Close() })
	go network.Forward(outside, fmt.Sprintf("127.0.0.1:%d", plane.Inner()))
	return nil
}

func (c *cluster) startNodes(ctx context.Context) error {
	c.servers = serve.New(c.network, c.spec.ServeImages)
	k, err := kubelet.Start(ctx, c.plane.Config(), c.settings(), c.servers)
	if err != nil {
		return err
	}
	c.kubelet = k
	c.onStop(k.Stop)
	return nil
}

func (c *cluster) settings() kubelet.Settings {
	s := kubelet.Settings{Nodes: c.spec.Nodes, ReadyAfter: c.spec.ReadyAfter, Drain: c.spec.Drain}
	if len(c.spec.Programs) > 0 {
		s.Programs, s.NoPrograms = programs.New(c.spec.Programs), !c.spec.Private
		s.Dir, s.APIServer = filepath.Join(c.spec.Dir, "pods"), fmt.Sprintf("127.0.0.1:%d", c.plane.Inner())
	}
	return s
}

// startServices brings up what stands between callers and pods, and the control endpoint.
func (c *cluster) startServices(ctx context.Context) error {
	life, end := context.WithCancel(context.Background())
	c.onStop(end)
	cfg := rest.CopyConfig(c.plane.Config())
	cfg.UserAgent = "kanari-lab-gateway"
	directory, err := endpoints.Watch(ctx, life, cfg)
	if err != nil {
		return err
	}
	proxy, err := endpoints.Serve(directory, c.network)
	if err != nil {
		return err
	}
	c.onStop(proxy.Close)
	gate, err := gateway.Start(ctx, life, cfg, directory, c.network)
	if err != nil {
		return err
	}
	if err := c.serve(GatewayFile, gate.Handler()); err != nil {
		return err
	}
	return c.serve(ControlFile, control.Server{Plane: c.plane, Kubelet: c.kubelet, Servers: c.servers, Gateway: gate, Network: c.network}.Handler())
}

// serve answers on an inherited listener until the cluster stops.
func (c *cluster) serve(file uintptr, handler http.Handler) error {
	l, err := listener(file)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	c.onStop(func() { _ = srv.Close() })
	go func() { _ = srv.Serve(l) }() // ends with the server
	return nil
}

// listener is an inherited one.
func listener(number uintptr) (net.Listener, error) {
	file := os.NewFile(number, "listener")
	defer file.Close()
	return net.FileListener(file)
}
