package crds

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	typed "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset/typed/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

const (
	lookEvery = 50 * time.Millisecond
	lookLimit = time.Minute
)

// Install creates the definitions found in folders and returns when the API server serves them.
func Install(ctx context.Context, cfg *rest.Config, folders []string) error {
	all, err := loadFolders(folders)
	if err != nil || len(all) == 0 {
		return err
	}
	clients, err := clientset.NewForConfig(cfg)
	if err != nil {
		return err
	}
	client := clients.ApiextensionsV1().CustomResourceDefinitions()
	group, creating := errgroup.WithContext(ctx)
	for _, crd := range all {
		group.Go(func() error { return create(creating, client, crd) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return waitServed(ctx, clients.Discovery(), all)
}

func create(ctx context.Context, client typed.CustomResourceDefinitionInterface, crd *apiextensionsv1.CustomResourceDefinition) error {
	_, err := client.Create(ctx, crd, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating CustomResourceDefinition %q: %w", crd.Name, err)
	}
	return nil
}

// waitServed looks until the API server lists every served version of all, which is what the controllers ask it for.
func waitServed(ctx context.Context, client discovery.DiscoveryInterface, all []*apiextensionsv1.CustomResourceDefinition) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		missing, err := unserved(client, all)
		if err == nil && missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the custom kind %q: %w", missing, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// unserved names the first kind that the API server does not list yet, if any.
func unserved(client discovery.DiscoveryInterface, all []*apiextensionsv1.CustomResourceDefinition) (string, error) {
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return "", err
	}
	served := map[string]bool{}
	for _, list := range lists {
		for _, r := range list.APIResources {
			served[list.GroupVersion+"/"+r.Name] = true
		}
	}
	for _, crd := range all {
		for _, v := range crd.Spec.Versions {
			name := crd.Spec.Group + "/" + v.Name + "/" + crd.Spec.Names.Plural
			if v.Served && !served[name] {
				return name, nil
			}
		}
	}
	return "", nil
}
