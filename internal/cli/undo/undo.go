package undo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// Command is "undo NAME [--to-revision N]".
func Command(f *cluster.Factory) *cobra.Command {
	var revision int64
	cmd := &cobra.Command{
		Use:               "undo NAME",
		Short:             "Go back to an earlier revision",
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], revision)
		},
	}
	cmd.Flags().Int64Var(&revision, "to-revision", 0, "The revision to go back to; 0 is the one before the present")
	return cmd
}

func run(ctx context.Context, f *cluster.Factory, name string, revision int64) error {
	c, err := f.Open()
	if err != nil {
		return err
	}
	ro, err := c.Raw(ctx, v1alpha1.GroupVersion.String(), v1alpha1.RolloutKind, name)
	if err != nil {
		return err
	}
	history, err := historyOf(ctx, c, ro)
	if err != nil {
		return err
	}
	chosen, err := choose(history, name, revision)
	if err != nil {
		return err
	}
	target, err := holderOf(ctx, c, ro)
	if err != nil {
		return err
	}
	return put(ctx, f, c, change{rollout: name, target: target, entry: chosen})
}

// change is one template to be put into the object that holds it.
type change struct {
	rollout string
	target  *unstructured.Unstructured
	entry   entry
}

func put(ctx context.Context, f *cluster.Factory, c *cluster.Cluster, to change) error {
	present, _, _ := unstructured.NestedMap(to.target.Object, "spec", "template")
	if contains(to.entry.template, withoutHash(present)) {
		fmt.Fprintf(f.IO.Out, "skipped rollback (current template already matches revision %d)", to.entry.revision)
		if !f.Voice.Plugin() {
			fmt.Fprintln(f.IO.Out)
		}
		return nil
	}
	value, err := json.Marshal(to.entry.template)
	if err != nil {
		return fmt.Errorf("writing the template of revision %d: %w", to.entry.revision, err)
	}
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/template","value":%s}]`, value)
	if err := c.PatchJSON(ctx, to.target, []byte(patch)); err != nil {
		return err
	}
	done := "undo"
	if !f.Voice.Plugin() {
		done = fmt.Sprintf("rolled back to revision %d", to.entry.revision)
	}
	fmt.Fprint(f.IO.Out, f.Voice.Done(to.rollout, done))
	return nil
}

// holderOf is the object whose spec.template the Rollout runs: itself, or the workload it refers to.
func holderOf(ctx context.Context, c *cluster.Cluster, ro *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	ref, found, _ := unstructured.NestedStringMap(ro.Object, "spec", "workloadRef")
	if !found {
		return ro, nil
	}
	switch ref["kind"] {
	case "Deployment", "ReplicaSet", "PodTemplate":
		return c.Raw(ctx, ref["apiVersion"], ref["kind"], ref["name"])
	}
	return nil, terminal.Fail("spec.workloadRef.kind is %q: only the templates of a Deployment, ReplicaSet or PodTemplate can be put back", ref["kind"])
}

// entry is one revision of the history.
type entry struct {
	revision int64
	template map[string]any
}

// historyOf is what the Rollout's own ReplicaSets were made from, the newest revision first.
func historyOf(ctx context.Context, c *cluster.Cluster, ro *unstructured.Unstructured) ([]entry, error) {
	sets, err := c.RawList(ctx, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
	if err != nil {
		return nil, err
	}
	var history []entry
	for i := range sets {
		owner := metav1.GetControllerOf(&sets[i])
		revision, err := strconv.ParseInt(sets[i].GetAnnotations()[v1alpha1.RevisionAnnotation], 10, 64)
		if owner == nil || owner.UID != ro.GetUID() || err != nil {
			continue
		}
		history = append(history, entry{revision, templateOf(&sets[i])})
	}
	slices.SortFunc(history, func(a, b entry) int { return cmp.Compare(b.revision, a.revision) })
	return history, nil
}

func choose(history []entry, name string, revision int64) (entry, error) {
	if revision == 0 {
		if len(history) < 2 {
			return entry{}, terminal.Fail("no revision found for rollout %q", name)
		}
		return history[1], nil
	}
	at := slices.IndexFunc(history, func(e entry) bool { return e.revision == revision })
	if at < 0 {
		return entry{}, terminal.Fail("unable to find specified revision %d in history", revision)
	}
	return history[at], nil
}
