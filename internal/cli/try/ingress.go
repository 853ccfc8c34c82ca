package try

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

const (
	byHeader      = "canary-by-header"
	byHeaderValue = "canary-by-header-value"
)

// markIngresses tells nginx the header: steps have no form for it, and what others write on a canary Ingress stays there.
func markIngresses(ctx context.Context, c *cluster.Cluster, ro *v1alpha1.Rollout, h header) error {
	found, err := canaryIngresses(ctx, c, ro)
	if err != nil {
		return err
	}
	for _, ingress := range found {
		if err := annotate(ctx, c, ingress, map[string]any{prefixOf(ro) + byHeader: h.name, prefixOf(ro) + byHeaderValue: h.value}); err != nil {
			return err
		}
	}
	return nil
}

// unmarkIngresses takes back what markIngresses wrote.
func unmarkIngresses(ctx context.Context, c *cluster.Cluster, ro *v1alpha1.Rollout, h header) error {
	found, err := canaryIngresses(ctx, c, ro)
	if err != nil {
		return err
	}
	for _, ingress := range found {
		if ingress.GetAnnotations()[prefixOf(ro)+byHeader] != h.name {
			continue
		}
		if err := annotate(ctx, c, ingress, map[string]any{prefixOf(ro) + byHeader: nil, prefixOf(ro) + byHeaderValue: nil}); err != nil {
			return err
		}
	}
	return nil
}

func annotate(ctx context.Context, c *cluster.Cluster, ingress unstructured.Unstructured, annotations map[string]any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return fmt.Errorf("writing the annotations: %w", err)
	}
	return c.PatchOther(ctx, cluster.IngressGVK, ingress.GetName(), string(patch))
}

// canaryIngresses are those that the controller has made for the Rollout; none when its router is not nginx.
func canaryIngresses(ctx context.Context, c *cluster.Cluster, ro *v1alpha1.Rollout) ([]unstructured.Unstructured, error) {
	if canary := ro.Spec.Strategy.Canary; canary == nil || canary.TrafficRouting == nil || canary.TrafficRouting.Nginx == nil {
		return nil, nil
	}
	all, err := c.RawList(ctx, cluster.IngressGVK)
	return slices.DeleteFunc(all, func(ingress unstructured.Unstructured) bool {
		owner := metav1.GetControllerOf(&ingress)
		return owner == nil || owner.UID != ro.UID || ingress.GetAnnotations()[prefixOf(ro)+"canary"] != "true"
	}), err
}

func prefixOf(ro *v1alpha1.Rollout) string {
	return cmp.Or(ro.Spec.Strategy.Canary.TrafficRouting.Nginx.AnnotationPrefix, "nginx.ingress.kubernetes.io") + "/"
}
