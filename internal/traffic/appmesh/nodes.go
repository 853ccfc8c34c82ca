package appmesh

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// Hashes that no pod bears. Two VirtualNodes must not select the same pod: the mesh refuses to let it start.
const (
	noStable = "stable-hash"
	noCanary = "canary-hash"
)

// selectPods sets the hashes of both VirtualNodes. An unknown stable hash leaves what is there: it may select pods that are none of ours and
// answer requests now. One that selects every revision may do so only while the canary's selects none.
func selectPods(ro *v1alpha1.Rollout, stable, canary *unstructured.Unstructured, want traffic.Routing) {
	own, other := want.Stable.Hash, want.Canary.Hash
	if own == "" {
		own = hashOf(stable)
	}
	if own == "" && other != "" {
		own = noStable
	}
	if other == "" || other == own {
		other = noCanary
	}
	setHash(ro, stable, own)
	setHash(ro, canary, other)
}

func hashOf(node *unstructured.Unstructured) string {
	hash, _, _ := unstructured.NestedString(node.Object, "spec", "podSelector", "matchLabels", v1alpha1.DefaultRolloutUniqueLabelKey)
	return hash
}

func setHash(ro *v1alpha1.Rollout, node *unstructured.Unstructured, hash string) {
	if hash != "" {
		labels := inner(inner(inner(node.Object, "spec"), "podSelector"), "matchLabels")
		labels[v1alpha1.DefaultRolloutUniqueLabelKey] = hash
	}
	annotations := node.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.ManagedByRolloutsKey] = ro.Name
	node.SetAnnotations(annotations)
}

// inner returns the map under a key, a new one where there is none.
func inner(fields map[string]any, key string) map[string]any {
	value, ok := fields[key].(map[string]any)
	if !ok {
		value = map[string]any{}
		fields[key] = value
	}
	return value
}
