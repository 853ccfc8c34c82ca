package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

// converted are the files of the command's golden by name.
func converted(t *testing.T) map[string][]byte {
	t.Helper()
	golden, err := txtar.ParseFile(filepath.Join(root, "internal", "cli", "testdata", "convert.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, file := range golden.Files {
		files[file.Name] = file.Data
	}
	return files
}

// What "convert ingress" prints, as its goldens have it, is accepted by the definitions of the Gateway API, rules and all.
func TestConvertedIngressesAreAccepted(t *testing.T) {
	t.Parallel()
	printed := maps.Clone(converted(t))
	maps.DeleteFunc(printed, func(name string, _ []byte) bool { return !strings.HasSuffix(name, ".out") })
	if len(printed) < 9 {
		t.Fatalf("%d outputs in the golden, there should be 9", len(printed))
	}
	for name, text := range printed {
		t.Run(name, func(t *testing.T) {
			routes, err := decode(bytes.NewReader(text))
			if err != nil || len(routes) == 0 {
				t.Fatalf("%d routes (error %v)", len(routes), err)
			}
			for _, route := range routes {
				route.SetNamespace("default")
				if err := lab.Client.Create(t.Context(), route, client.DryRunAll); err != nil {
					t.Errorf("%s: %v", route.GetName(), err)
				}
			}
		})
	}
}

// A route that breaks a rule of the definitions, not only their shape, is refused: otherwise the test above could not fail.
func TestAnHTTPRouteThatBreaksARuleIsRefused(t *testing.T) {
	t.Parallel()
	const route = `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: bad, namespace: default}, spec: {rules: [{matches: [{path: {type: PathPrefix, value: PATH}}]}]}}`
	for path, want := range map[string]bool{"/a": true, "/a//b": false} {
		objects, err := decode(strings.NewReader(strings.Replace(route, "PATH", path, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := lab.Client.Create(t.Context(), objects[0], client.DryRunAll); (err == nil) != want {
			t.Errorf("path %s: %v", path, err)
		}
	}
}

// The Rollout with the block that is printed, beside the one it has, weighs the routes that are printed, and only its own rules.
func TestAConvertedIngressIsFollowed(t *testing.T) {
	t.Parallel()
	for ingress, c := range map[string]struct {
		from string
		want []string
	}{
		"web":     {"shop.yaml", []string{"web: web-stable=90 web-canary=10", "web: cart"}},
		"several": {"several.yaml", []string{"several: web-stable=90 web-canary=10", "several-2: web-stable=90 web-canary=10"}},
	} {
		t.Run(ingress, func(t *testing.T) {
			printed := string(converted(t)[ingress+".out"])
			routes, err := decode(strings.NewReader(printed))
			if err != nil {
				t.Fatal(err)
			}
			ro := rolloutIn(t, converted(t)[c.from])
			ro.Spec.Strategy.Canary.TrafficRouting.GatewayAPI = printedBlock(t, printed)
			want := traffic.Routing{Total: 100, Canary: traffic.Destination{Weight: 10}, Stable: traffic.Destination{Weight: 90}}
			after, err := gatewayapi.Renderer{}.Render(ro, routes, want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, weightsOf(t, after)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// rolloutIn is the first Rollout of a file.
func rolloutIn(t *testing.T, file []byte) *v1alpha1.Rollout {
	t.Helper()
	objects, err := decode(bytes.NewReader(file))
	if err != nil || objects[0].GetKind() != "Rollout" {
		t.Fatalf("no Rollout comes first (error %v)", err)
	}
	raw, err := objects[0].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	ro := &v1alpha1.Rollout{}
	if err := json.Unmarshal(raw, ro); err != nil {
		t.Fatal(err)
	}
	return ro
}

// printedBlock reads the comment at the end of the output.
func printedBlock(t *testing.T, printed string) *v1alpha1.GatewayAPITrafficRouting {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(printed) {
		if block, ok := strings.CutPrefix(line, "#       "); ok {
			text.WriteString(block)
		}
	}
	var block struct {
		TrafficRouting v1alpha1.RolloutTrafficRouting
	}
	if err := decodeStrict(text.String(), &block); err != nil || block.TrafficRouting.GatewayAPI == nil {
		t.Fatalf("%v in the block:\n%s", err, text.String())
	}
	return block.TrafficRouting.GatewayAPI
}

// weightsOf is a line for each rule of the routes.
func weightsOf(t *testing.T, routes []*unstructured.Unstructured) []string {
	t.Helper()
	var all []string
	for _, route := range routes {
		rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range rules {
			line := []string{route.GetName() + ":"}
			refs, _, _ := unstructured.NestedSlice(rule.(map[string]any), "backendRefs")
			for _, ref := range refs {
				to := ref.(map[string]any)
				word := fmt.Sprint(to["name"])
				if weight, weighed := to["weight"]; weighed {
					word = fmt.Sprint(word, "=", weight)
				}
				line = append(line, word)
			}
			all = append(all, strings.Join(line, " "))
		}
	}
	return all
}
