package controlplane

import (
	"context"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/configz"
	"k8s.io/klog/v2"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"

	"github.com/kanari-dev/kanari/lab/crds"
)

// Plane is a running control plane.
type Plane struct {
	cfg      Config
	rest     *rest.Config
	etcd     *embed.Etcd
	etcdURL  string
	foreign  []schema.GroupResource // kinds of other projects
	cancel   context.CancelFunc
	parts    []string
	done     chan string          // a part that has returned
	ended    chan error           // the first part that returned although nobody asked it to
	restarts chan chan<- struct{} // of the API server; what is sent is closed when the old one has ended
}

// stopWithin bounds how long Stop waits for each part.
const stopWithin = 8 * time.Second

// Start brings the control plane up; ctx bounds the start, not the life, which Stop ends.
func Start(ctx context.Context, cfg Config) (*Plane, error) {
	p := &Plane{cfg: cfg, done: make(chan string, 8), ended: make(chan error, 8), restarts: make(chan chan<- struct{})}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	if err := p.start(ctx, life); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Config of a client with all rights, for use in this network namespace.
func (p *Plane) Config() *rest.Config { return p.rest }

// Inner is the port of the API server in this network namespace.
func (p *Plane) Inner() int { return p.cfg.Inner }

// Ended tells of a part that ended by itself: the control plane is broken from then on.
func (p *Plane) Ended() <-chan error { return p.ended }

func (p *Plane) prepare() error {
	var err error
	if p.cfg.Inner, err = freePort(); err != nil {
		return err
	}
	crt, err := writePKI(p.cfg)
	if err != nil {
		return err
	}
	if err := writeAccess(p.cfg, crt); err != nil {
		return err
	}
	if err := writeAuditPolicy(p.cfg); err != nil {
		return err
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", p.cfg.path("kubeconfig-inner"))
	if err != nil {
		return err
	}
	p.rest = Quick(cfg, "kanari-lab")
	return nil
}

func (p *Plane) start(ctx, life context.Context) error {
	etcd, address, err := startEtcd(ctx, p.cfg.path("etcd"))
	if err != nil {
		return err
	}
	p.etcd, p.etcdURL = etcd, address
	p.foreign, err = crds.Seed(time.Now(), func(key, value string) error {
		_, err := etcd.Server.Put(ctx, &etcdserverpb.PutRequest{Key: []byte(key), Value: []byte(value)})
		return err
	})
	if err != nil {
		return err
	}
	if err := p.startAPIServer(life); err != nil {
		return err
	}
	if err := p.waitReady(ctx); err != nil {
		return err
	}
	if err := crds.Install(ctx, p.rest, p.cfg.CRDs); err != nil {
		return err
	}
	if err := p.startControllers(life); err != nil {
		return err
	}
	if err := p.startScheduler(life); err != nil {
		return err
	}
	return p.waitAccount(ctx)
}

func (p *Plane) spawn(part string, run func() error) {
	p.parts = append(p.parts, part)
	go func() {
		err := run()
		p.ended <- fmt.Errorf("%s ended: %w", part, orEarly(err))
		p.done <- part
	}()
}

func orEarly(err error) error {
	if err == nil {
		return context.Canceled
	}
	return err
}

// Stop ends every part and returns when all have ended or have had their time.
func (p *Plane) Stop() {
	p.cancel()
	late := time.After(stopWithin)
wait:
	for range p.parts {
		select {
		case <-p.done:
		case <-late:
			klog.Warningf("not all of %v ended within %s", p.parts, stopWithin)
			break wait
		}
	}
	if p.etcd != nil {
		p.etcd.Close()
	}
	// A second Start in this process would find its names taken.
	configz.Delete(kcm.ConfigzName)
	configz.Delete("componentconfig")
	klog.Flush()
}
