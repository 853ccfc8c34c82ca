package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestShortenTouchesOnlyTimedPauses(t *testing.T) {
	objects, err := readExample("../examples/01-istio-canary")
	if err != nil {
		t.Fatal(err)
	}
	changes := objects.shorten("4s")
	if diff := cmp.Diff([]string{"steps[1].pause.duration: 5m → 4s", "steps[3].pause.duration: 5m → 4s"}, changes); diff != "" {
		t.Error(diff)
	}
	var steps string
	for _, object := range objects {
		if object.GetKind() == "Rollout" {
			list, _, _ := unstructured.NestedSlice(object.Object, "spec", "strategy", "canary", "steps")
			text, err := json.Marshal(list)
			if err != nil {
				t.Fatal(err)
			}
			steps = string(text)
		}
	}
	want := `[{"setWeight":10},{"pause":{"duration":"4s"}},{"setWeight":30},{"pause":{"duration":"4s"}},{"setWeight":60},{"pause":{}},{"setWeight":100}]`
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Error(diff)
	}
}

func TestAnAuditEntryOfTheAbort(t *testing.T) {
	entry := func(verb, agent, subresource, name string) string {
		return `{"verb":"` + verb + `","userAgent":"` + agent + `","requestReceivedTimestamp":"2026-11-21T05:00:00.123456Z",` +
			`"objectRef":{"resource":"rollouts","subresource":"` + subresource + `","name":"` + name + `"}}`
	}
	cases := map[string]struct {
		line string
		want bool
	}{
		"the plugin patches the status":    {entry("patch", "kubectl-kanari/v1", "status", "web"), true},
		"the plugin patches the spec":      {entry("patch", "kubectl-kanari/v1", "", "web"), false},
		"the controller writes the status": {entry("update", "kanari-controller", "status", "web"), false},
		"another Rollout":                  {entry("patch", "kubectl-kanari/v1", "status", "shop"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var e auditEntry
			if err := json.Unmarshal([]byte(c.line), &e); err != nil {
				t.Fatal(err)
			}
			if got := e.isStatusPatch("web"); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}
