package set

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// Command is "set image NAME CONTAINER=IMAGE...".
func Command(f *cluster.Factory) *cobra.Command {
	return cluster.Group("set", "Change the spec of a Rollout", &cobra.Command{
		Use:               "image NAME CONTAINER=IMAGE...",
		Short:             "Set the image of a container; * stands for every container",
		Args:              imageArguments,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], args[1:])
		},
	})
}

func imageArguments(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return terminal.Usage("image takes the name of a Rollout and CONTAINER=IMAGE: %s", cmd.UseLine())
	}
	for _, pair := range args[1:] {
		container, image, ok := strings.Cut(pair, "=")
		if !ok || container == "" || image == "" {
			return terminal.Usage("%q is not of the form CONTAINER=IMAGE", pair)
		}
	}
	return nil
}

// tries bounds how often a write is repeated after a conflict.
const tries = 5

func run(ctx context.Context, f *cluster.Factory, name string, pairs []string) error {
	c, err := f.Open()
	if err != nil {
		return err
	}
	var changed *unstructured.Unstructured
	for range tries {
		changed, err = update(ctx, c, name, pairs)
		if !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprint(f.IO.Out, report(f, changed))
	return nil
}

// report names the object that was written: the Rollout, or the Deployment that it takes its template from.
func report(f *cluster.Factory, object *unstructured.Unstructured) string {
	kind := strings.ToLower(object.GetKind())
	if f.Voice.Plugin() {
		return fmt.Sprintf("%s %q image updated\n", kind, object.GetName())
	}
	group, _, _ := strings.Cut(object.GetAPIVersion(), "/")
	return fmt.Sprintf("%s.%s/%s image updated\n", kind, group, object.GetName())
}

func update(ctx context.Context, c *cluster.Cluster, name string, pairs []string) (*unstructured.Unstructured, error) {
	object, err := holderOf(ctx, c, name)
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		container, image, _ := strings.Cut(pair, "=")
		if err := setImage(object, container, image); err != nil {
			return nil, err
		}
	}
	return object, c.Update(ctx, object)
}

// holderOf is the object whose spec.template the Rollout runs.
func holderOf(ctx context.Context, c *cluster.Cluster, name string) (*unstructured.Unstructured, error) {
	ro, err := c.Raw(ctx, v1alpha1.GroupVersion.String(), v1alpha1.RolloutKind, name)
	if err != nil {
		return nil, err
	}
	ref, found, _ := unstructured.NestedStringMap(ro.Object, "spec", "workloadRef")
	if !found {
		return ro, nil
	}
	if ref["kind"] != "Deployment" {
		return nil, terminal.Fail("rollout %q takes its template from %s %q: set the image there", name, ref["kind"], ref["name"])
	}
	return c.Raw(ctx, ref["apiVersion"], ref["kind"], ref["name"])
}

var lists = []string{"initContainers", "containers", "ephemeralContainers"}

// setImage changes every container of that name in place; "*" is every name.
func setImage(object *unstructured.Unstructured, name, image string) error {
	found := false
	pod, _, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "template", "spec")
	spec, _ := pod.(map[string]any)
	for _, list := range lists {
		containers, _ := spec[list].([]any)
		for _, item := range containers {
			container, ok := item.(map[string]any)
			if !ok || (name != "*" && container["name"] != name) {
				continue
			}
			container["image"] = image
			found = true
		}
	}
	if !found {
		return terminal.Fail("unable to find container named %q", name)
	}
	return nil
}
