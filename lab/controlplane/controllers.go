package controlplane

import (
	"context"
	"fmt"
	"strings"

	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/pkg/controller/garbagecollector/config"
)

// controllers are those a small cluster needs. The resourcequota controller is not among them, since it would watch
// every kind there is; see collectNoRoutes for what that costs. The node-lifecycle controller is not among them: the lab's kubelet
// marks lost nodes and their pods itself, at once, instead of after forty seconds without a heartbeat.
var controllers = []string{
	"clusterrole-aggregation-controller",
	"daemonset-controller",
	"deployment-controller",
	"disruption-controller",
	"endpoints-controller",
	"endpointslice-controller",
	"garbage-collector-controller",
	"horizontal-pod-autoscaler-controller",
	"job-controller",
	"namespace-controller",
	"pod-garbage-collector-controller",
	"replicaset-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"statefulset-controller",
	"taint-eviction-controller",
	"ttl-after-finished-controller",
}

func (p *Plane) controllerFlags() []string {
	return []string{
		"--kubeconfig=" + p.cfg.path("kubeconfig-inner"), "--leader-elect=false", "--secure-port=0",
		"--controllers=" + strings.Join(controllers, ","),
		"--service-account-private-key-file=" + p.cfg.path("tls.key"), "--root-ca-file=" + p.cfg.path("tls.crt"),
		"--concurrent-gc-syncs=4", "--kube-api-qps=500", "--kube-api-burst=1000",
		"--horizontal-pod-autoscaler-sync-period=5s",
		fmt.Sprintf("--v=%d", p.cfg.Verbosity),
	}
}

func (p *Plane) startControllers(ctx context.Context) error {
	o, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	known, off, aliases := kcm.KnownControllers(), kcm.ControllersDisabledByDefault(), kcm.ControllerAliases()
	if err := parse("kube-controller-manager", o.Flags(known, off, aliases), p.controllerFlags()); err != nil {
		return err
	}
	if err := o.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	o.GarbageCollectorController.GCIgnoredResources = append(o.GarbageCollectorController.GCIgnoredResources, p.collectNoRoutes()...)
	cfg, err := o.Config(ctx, known, off, aliases)
	if err != nil {
		return fmt.Errorf("configuring kube-controller-manager: %w", err)
	}
	p.spawn("kube-controller-manager", func() error { return kcm.Run(ctx, cfg.Complete()) })
	return nil
}

// collectNoRoutes are the kinds of Istio and the Gateway API. The garbage collector watches every kind it does not
// ignore, and the first watch of a kind makes the API server compile its validation: for these kinds 100 MB and some
// seconds, spent on objects that people make by hand and nothing owns.
func (p *Plane) collectNoRoutes() []config.GroupResource {
	var kinds []config.GroupResource
	for _, r := range p.foreign {
		kinds = append(kinds, config.GroupResource{Group: r.Group, Resource: r.Resource})
	}
	return kinds
}
