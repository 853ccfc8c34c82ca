package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// What Safe is to find, it finds.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	const (
		active = `{kind: Service, metadata: {name: web-active}, spec: {selector: {rollouts-pod-template-hash: v1}}}`
		pods   = `{kind: ReplicaSet, metadata: {name: web-v1, labels: {rollouts-pod-template-hash: v1}, annotations: {rollout.argoproj.io/revision: "1"}},
  spec: {replicas: 2}, status: {availableReplicas: 2}}`
		gone      = `{kind: ReplicaSet, metadata: {name: web-v1, labels: {rollouts-pod-template-hash: v1}, annotations: {rollout.argoproj.io/revision: "1"}}, spec: {replicas: 0}}`
		blueGreen = `{kind: Rollout, metadata: {name: web}, spec: {strategy: {blueGreen: {activeService: web-active}}}, status: {conditions: [{type: Healthy, status: "True"}]}}`
		turned    = `{kind: Service, metadata: {name: web-active}, spec: {selector: {rollouts-pod-template-hash: v2}}}`
		bare      = `{kind: Service, metadata: {name: web-active}, spec: {selector: {}}}`
		routed    = `{kind: VirtualService, metadata: {name: web}, spec: {http: [{route: [{destination: {host: web-active}, weight: 100}]}]}}`
	)
	for name, c := range map[string]struct {
		writes []string
		faults []string
	}{
		"the active Service has pods": {writes: []string{pods, active, blueGreen, routed}},
		"nothing was healthy yet":     {writes: []string{active, strings.Replace(blueGreen, "Healthy", "Progressing", 1)}},
		"the active Service turns to pods that are not there": {
			writes: []string{pods, active, blueGreen, turned},
			faults: []string{`100% of the requests for web reach no stable pod ("v2") (after Service web-active is 4)`},
		},
		"the pods of the active Service go": {
			writes: []string{pods, active, blueGreen, gone},
			faults: []string{`100% of the requests for web reach no stable pod (r1) (after ReplicaSet web-v1 is 4)`},
		},
		"a Service that a route leads to has lost its pods": {
			writes: []string{pods, active, routed, gone},
			faults: []string{`100% of the requests of VirtualService web reach no pod of Service web-active (after ReplicaSet web-v1 is 4)`},
		},
		"a Service selects everything": {
			writes: []string{pods, active, bare},
			faults: []string{"Service web-active lost its hash (after Service web-active is 3)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var trace Trace
			for i, text := range c.writes {
				object := &unstructured.Unstructured{}
				if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
					t.Fatal(err)
				}
				trace = append(trace, Entry{Version: uint64(i + 1), Object: object})
			}
			if diff := cmp.Diff(c.faults, trace.Unsafe()); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
