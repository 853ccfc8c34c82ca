package controlplane

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	basecompatibility "k8s.io/component-base/compatibility"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

func (p *Plane) apiserverFlags() []string {
	flags := []string{
		"--etcd-servers=" + p.etcdURL,
		"--advertise-address=127.0.0.1",
		"--tls-cert-file=" + p.cfg.path("tls.crt"), "--tls-private-key-file=" + p.cfg.path("tls.key"),
		"--client-ca-file=" + p.cfg.path("tls.crt"),
		"--token-auth-file=" + p.cfg.path("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.cfg.path("tls.key"), "--service-account-signing-key-file=" + p.cfg.path("tls.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--endpoint-reconciler-type=none", // a loopback address may not be published as an endpoint
		"--authorization-mode=RBAC", "--allow-privileged=true",
		"--enable-priority-and-fairness=false",
		"--shutdown-delay-duration=0s", "--profiling=false",
		fmt.Sprintf("--v=%d", p.cfg.Verbosity),
	}
	return append(flags, p.auditFlags()...)
}

// startAPIServer starts one that life ends. Until then it can be restarted.
func (p *Plane) startAPIServer(life context.Context) error {
	first, err := p.newAPIServer(life)
	if err != nil {
		return err
	}
	p.spawn("kube-apiserver", func() error { return p.serve(life, first) })
	return nil
}

// server is one API server that has not begun yet.
type server struct {
	options options.CompletedOptions
	door    *severed
}

// newAPIServer opens its door. Each server has to have options of its own.
func (p *Plane) newAPIServer(ctx context.Context) (server, error) {
	door, err := listen(p.cfg.Inner)
	if err != nil {
		return server{}, err
	}
	o := options.NewServerRunOptions()
	if err := parse("kube-apiserver", o.Flags(), p.apiserverFlags()); err != nil {
		return server{}, err
	}
	o.SecureServing.Listener = door
	globals := o.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := globals.Set(); err != nil {
		return server{}, err
	}
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	if err := logsapi.ValidateAndApply(o.Logs, globals.FeatureGateFor(basecompatibility.DefaultKubeComponent)); err != nil {
		return server{}, err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := o.Complete(ctx)
	if err != nil {
		return server{}, err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return server{}, fmt.Errorf("checking the flags of kube-apiserver: %v", errs)
	}
	return server{completed, door}, nil
}

// waitReady returns once the API server is ready and has made the namespace and the account that every pod needs.
func (p *Plane) waitReady(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(p.rest)
	if err != nil {
		return err
	}
	return p.poll(ctx, "waiting for the API server", func(ctx context.Context) error {
		if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
			return err
		}
		_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceDefault, metav1.GetOptions{})
		return err
	})
}

// waitAccount returns once pods are admitted to the namespace default.
func (p *Plane) waitAccount(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(p.rest)
	if err != nil {
		return err
	}
	return p.poll(ctx, "waiting for the ServiceAccount default", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

const (
	pollEvery   = 30 * time.Millisecond
	pollTimeout = 2 * time.Second // of one try
)

// poll repeats try until it works, a component ends, or the context does.
func (p *Plane) poll(ctx context.Context, doing string, try func(context.Context) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		once, cancel := context.WithTimeout(ctx, pollTimeout)
		err := try(once)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (last answer: %w)", doing, ctx.Err(), err)
		case ended := <-p.ended:
			p.ended <- ended
			return fmt.Errorf("%s: %w", doing, ended)
		case <-tick.C:
		}
	}
}

func parse(name string, sets cliflag.NamedFlagSets, args []string) error {
	fs := pflag.NewFlagSet(name, pflag.ContinueOnError)
	for _, s := range sets.FlagSets {
		fs.AddFlagSet(s)
	}
	return fs.Parse(args)
}
