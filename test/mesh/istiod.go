package mesh

import (
	"context"
	"errors"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/test/traffic"
)

// Discovery is where istiod answers proxies, as mesh/config/istiod.yaml has it.
const Discovery = "10.96.15.10:15010"

var (
	pods     = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	services = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	rollouts = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"}
	routes   = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	rules    = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"}
	webhooks = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"}
)

// deployIstiod installs it and waits until it answers, and until its webhook is one that nobody can pass by.
func (b *Bench) deployIstiod(ctx context.Context) error {
	if err := traffic.Install(ctx, b.Lab, filepath.Join(b.root, "mesh", "config", "istiod.yaml")); err != nil {
		return err
	}
	watched := traffic.Watched{Resource: pods, Namespace: "istio-system"}
	if err := b.await(ctx, watched, "istiod to be ready", func(all []*unstructured.Unstructured) bool { return len(all) == 1 && ready(all[0]) }); err != nil {
		return err
	}
	return b.await(ctx, traffic.Watched{Resource: webhooks, Labels: "app=istiod"}, "istiod's webhook to be in force", inForce)
}

// await has the patience of this package: istiod needs longer than the pods that package traffic waits for.
func (b *Bench) await(ctx context.Context, watched traffic.Watched, what string, holds func([]*unstructured.Unstructured) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := traffic.Await(ctx, b.Lab, watched, what, holds)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
	}
}

// ready tells whether a pod is, and nobody has told it to go.
func ready(pod *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(pod.Object, "status", "conditions")
	for _, entry := range conditions {
		if condition, _ := entry.(map[string]any); condition["type"] == "Ready" {
			return condition["status"] == "True" && pod.GetDeletionTimestamp() == nil
		}
	}
	return false
}

func inForce(all []*unstructured.Unstructured) bool {
	for _, configuration := range all {
		hooks, _, _ := unstructured.NestedSlice(configuration.Object, "webhooks")
		for _, hook := range hooks {
			if fields, _ := hook.(map[string]any); fields["failurePolicy"] != "Fail" {
				return false
			}
		}
	}
	return len(all) > 0
}
