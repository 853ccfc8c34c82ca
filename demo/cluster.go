package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

const namespace = "default"

// virtualServices is the kind as the example writes it.
var virtualServices = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1beta1", Kind: "VirtualService"}

// cluster is the API server: a client for writing, watches for reading.
type cluster struct {
	client.Client

	watched cache.Cache
	changed chan struct{} // gets a value soon after each change
}

// connect opens the cluster and returns when everything that is watched has been read once.
func connect(ctx context.Context, kubeconfig string) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	config.QPS = -1
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(corev1.AddToScheme, appsv1.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("registering kinds: %w", err)
	}
	c := &cluster{changed: make(chan struct{}, 1)}
	if c.Client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return nil, fmt.Errorf("preparing the client: %w", err)
	}
	c.watched, err = cache.New(config, cache.Options{Scheme: scheme, DefaultNamespaces: map[string]cache.Config{namespace: {}}})
	if err != nil {
		return nil, fmt.Errorf("preparing the watches: %w", err)
	}
	return c, c.watch(ctx)
}

func (c *cluster) watch(ctx context.Context) error {
	routes := &unstructured.Unstructured{}
	routes.SetGroupVersionKind(virtualServices)
	go func() { _ = c.watched.Start(ctx) }() // its end is the demo's end
	for _, kind := range []client.Object{&v1alpha1.Rollout{}, &v1alpha1.AnalysisRun{}, &appsv1.ReplicaSet{}, &corev1.Pod{}, &corev1.Service{}, routes} {
		informer, err := c.watched.GetInformer(ctx, kind)
		if err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
		if _, err := informer.AddEventHandler(c.tell()); err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	return nil
}

// tell passes on that something changed; one value stands for many changes.
func (c *cluster) tell() toolscache.ResourceEventHandler {
	tell := func() {
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { tell() },
		UpdateFunc: func(any, any) { tell() },
		DeleteFunc: func(any) { tell() },
	}
}
