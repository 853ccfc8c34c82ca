package mesh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

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
	if err := b.install(ctx, filepath.Join(b.root, "mesh", "config", "istiod.yaml")); err != nil {
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

// install creates what a file has, unless it is there.
func (b *Bench) install(ctx context.Context, file string) error {
	reader, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	for decoder := yaml.NewYAMLOrJSONDecoder(reader, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		if len(object.Object) == 0 {
			continue
		}
		if err := b.Lab.Client.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("installing %s: %w", file, err)
		}
	}
}
