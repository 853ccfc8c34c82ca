package controlplane

import (
	"context"
	"fmt"

	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	"k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

func (p *Plane) schedulerFlags() []string {
	return []string{
		"--kubeconfig=" + p.cfg.path("kubeconfig-inner"), "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=500", "--kube-api-burst=1000",
		fmt.Sprintf("--v=%d", p.cfg.Verbosity),
	}
}

func (p *Plane) startScheduler(ctx context.Context) error {
	o := options.NewOptions()
	if err := parse("kube-scheduler", *o.Flags, p.schedulerFlags()); err != nil {
		return err
	}
	if err := o.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	cfg, sched, err := scheduler.Setup(ctx, o)
	if err != nil {
		return fmt.Errorf("configuring kube-scheduler: %w", err)
	}
	p.spawn("kube-scheduler", func() error { return scheduler.Run(ctx, cfg, sched) })
	return nil
}
