package alb_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
	"github.com/kanari-dev/kanari/internal/traffic/entry/entrytest"
)

const prefix = "alb.ingress.kubernetes.io/"

func with(routing *v1alpha1.RolloutTrafficRouting) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-web"},
		Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			CanaryService: "web-canary", StableService: "web-stable", TrafficRouting: routing,
		}}},
	}
}

func TestForeignEntries(t *testing.T) {
	entrytest.Test(t, entrytest.Mesh{
		Renderer: alb.Renderer{},
		Rollout: with(&v1alpha1.RolloutTrafficRouting{
			ManagedRoutes: []v1alpha1.MangedRoutes{{Name: "first"}, {Name: "second"}},
			ALB:           &v1alpha1.ALBTrafficRouting{Ingress: "web", ServicePort: 80},
		}),
		Objects: func(t *rapid.T) []*unstructured.Unstructured { return []*unstructured.Unstructured{anyIngress(t)} },
		Shared:  []string{"spec", "rules"},
		Ours: func(o *unstructured.Unstructured) []any {
			ours := ourAnnotations(o)
			for _, rule := range entry.Lists(o.Object, "spec", "rules") {
				ours = append(ours, ourPaths(rule)...)
			}
			return ours
		},
	})
}

func ourAnnotations(o *unstructured.Unstructured) []any {
	var ours []any
	annotations := o.GetAnnotations()
	for _, key := range []string{"actions.web-stable", "actions.first", "actions.second", "conditions.first", "conditions.second"} {
		ours = append(ours, annotations[prefix+key])
		delete(annotations, prefix+key)
	}
	books := map[string]any{}
	if err := json.Unmarshal([]byte(annotations[v1alpha1.ManagedALBAnnotations]), &books); err != nil {
		books = map[string]any{}
	}
	ours = append(ours, books["web"])
	delete(books, "web")
	annotations[v1alpha1.ManagedALBAnnotations] = fmt.Sprint(books)
	o.SetAnnotations(annotations)
	return ours
}

// ourPaths are those of managed routes, each with its place.
func ourPaths(rule map[string]any) []any {
	var ours, theirs []any
	for i, raw := range entry.List(rule, "http", "paths") {
		path, _ := raw.(map[string]any)
		name := entry.Text(path, "backend", "service", "name")
		if (name == "first" || name == "second") && entry.Text(path, "backend", "service", "port", "name") == "use-annotation" {
			ours = append(ours, rule["host"], i, raw)
			continue
		}
		theirs = append(theirs, raw)
	}
	if len(ours) > 0 {
		rule["http"].(map[string]any)["paths"] = theirs
	}
	return ours
}

func anyIngress(t *rapid.T) *unstructured.Unstructured {
	rules := []any{map[string]any{"host": "none.example"}, "no map"}
	for i := range rapid.IntRange(1, 3).Draw(t, "hosts") {
		paths := []any{anyPath(t, "web-stable")}
		for range rapid.IntRange(0, 3).Draw(t, "paths") {
			paths = append(paths, anyPath(t, rapid.SampledFrom([]string{"web-stable", "api", "first"}).Draw(t, "service")))
		}
		rules = append(rules, map[string]any{"host": fmt.Sprint("h", i, ".example"), "http": map[string]any{"paths": rapid.Permutation(paths).Draw(t, "order")}})
	}
	annotations := map[string]any{"theirs": "kept", prefix + "actions.api": " {} ", prefix + "scheme": "internal"}
	if rapid.Bool().Draw(t, "books") {
		annotations[v1alpha1.ManagedALBAnnotations] = `{"api": ["x"], "odd": 1}`
	}
	metadata := map[string]any{"name": "web", "namespace": "shop", "annotations": annotations}
	spec := entrytest.Fields(t)
	spec["rules"] = rapid.Permutation(rules).Draw(t, "rules")
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}}
}

// anyPath leads to a Service by annotation, or by a number where the Service has the name of a managed route.
func anyPath(t *rapid.T, service string) any {
	port := map[string]any{"name": "use-annotation"}
	if service == "first" {
		port = map[string]any{"number": int64(80)}
	}
	path := entrytest.Fields(t)
	path["path"] = "/" + strings.Repeat("x", rapid.IntRange(0, 2).Draw(t, "length"))
	path["backend"] = map[string]any{"service": map[string]any{"name": service, "port": port}}
	return path
}
