package mesh

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/test/traffic"
)

// recorded are the kinds whose writes decide where calls go.
var recorded = []schema.GroupVersionResource{
	rollouts, services, pods, routes, rules,
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
}

// explain tells the last writes if the test failed. It is deferred: once the test has ended nobody can ask the lab any more.
func (s *Shop) explain() {
	s.Helper()
	if s.Failed() {
		s.Log(traffic.LastWrites(s.Trace()))
	}
}

// Story tells what was written shortly before calls of a load were lost.
func (s *Shop) Story(load *Load) string {
	s.Helper()
	var losses []traffic.Loss
	for _, r := range load.Losses() {
		losses = append(losses, traffic.Loss{At: r.At, Text: fmt.Sprintf("%d of %d: %v", r.Failed(), r.Calls(), r.Errors)})
	}
	return traffic.Story(s.Trace(), losses)
}
