package job

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Remote is a client, without a cache, of the cluster that a kubeconfig file leads to.
func Remote(kubeconfig string) (client.Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("job: reading the kubeconfig %q: %w", kubeconfig, err)
	}
	there, err := client.New(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("job: reaching the cluster of the kubeconfig %q: %w", kubeconfig, err)
	}
	return there, nil
}
