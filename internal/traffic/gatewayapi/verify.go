package gatewayapi

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

const (
	accepted = "Accepted"
	resolved = "ResolvedRefs"
)

// Verify says of the first route and parent that lags behind what is missing. A parent has taken a route when its controller has accepted
// it and resolved its references in the generation that is there now.
func (r Renderer) Verify(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) string {
	for _, named := range v1alpha1.GatewayAPIRoutes(ro) {
		ref := r.ref(named)
		object := traffic.Find(found, ref.Empty())
		if object == nil {
			return fmt.Sprintf("%s: does not exist", ref)
		}
		all := parents(object)
		if len(all) == 0 {
			return fmt.Sprintf("%s: has no parentRefs, so nobody serves it", ref)
		}
		for _, p := range all {
			if pending := pendingAt(object, p, ro); pending != "" {
				return fmt.Sprintf("%s: %s", ref, pending)
			}
		}
	}
	return ""
}

// pendingAt is empty when one controller has taken the route; else it says what the last of them lacks.
func pendingAt(object *unstructured.Unstructured, p parent, ro *v1alpha1.Rollout) string {
	pending := fmt.Sprintf("no controller says anything of %s; install one that serves it, or correct parentRefs", p)
	for _, report := range reports(object, p) {
		if pending = report.pending(object, ro); pending == "" {
			return ""
		}
	}
	return pending
}

func (r report) pending(object *unstructured.Unstructured, ro *v1alpha1.Rollout) string {
	for _, wanted := range []struct{ kind, lacks string }{
		{accepted, "not accepted by " + r.parent.String()},
		{resolved, "references not resolved by " + r.parent.String()},
	} {
		c := r.condition(wanted.kind)
		switch {
		case c == nil:
			return wanted.lacks + " yet"
		case !r.current(c):
			return fmt.Sprintf("%s yet (generation %d, it has seen %d)", wanted.lacks, r.generation, entry.Number(c["observedGeneration"]))
		case entry.Text(c, "status") != "True" && (wanted.kind == accepted || mayBeOurs(object, c, ro)):
			return fmt.Sprintf("%s (%s)", wanted.lacks, because(c))
		}
	}
	return ""
}

// mayBeOurs tells whether an unresolved reference may be one to our Services. One condition speaks for the whole route, which others
// share: a rule of theirs that leads nowhere does not hold our weights up. Our references are to Services, so they have no
// invalid kind, and none needs a permission unless it leads into another namespace.
func mayBeOurs(object *unstructured.Unstructured, condition map[string]any, ro *v1alpha1.Rollout) bool {
	switch entry.Text(condition, "reason") {
	case "InvalidKind":
		return false
	case "RefNotPermitted":
		return object.GetNamespace() != ro.Namespace
	}
	return true
}
