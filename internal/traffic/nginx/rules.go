package nginx

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// canarySpec is made anew from the stable Ingress at every turn, so that a change there is followed.
func canarySpec(stable *unstructured.Unstructured, rules []any) map[string]any {
	spec := map[string]any{"rules": rules}
	for _, key := range []string{"ingressClassName", "tls"} {
		if value, ok, _ := unstructured.NestedFieldCopy(stable.Object, "spec", key); ok {
			spec[key] = value
		}
	}
	return spec
}

// canaryRules copies the rules that lead to the stable Service; in them the canary Service takes its place. Rules without http, and
// paths that lead to a resource instead of a Service, are the user's own business.
func canaryRules(stable *unstructured.Unstructured, strategy *v1alpha1.CanaryStrategy) []any {
	raw, _, _ := unstructured.NestedFieldNoCopy(stable.Object, "spec", "rules")
	rules, _ := raw.([]any)
	var copied []any
	for _, raw := range rules {
		rule, ok := runtime.DeepCopyJSONValue(raw).(map[string]any)
		if ok && redirect(rule, strategy.StableService, strategy.CanaryService) {
			copied = append(copied, rule)
		}
	}
	return copied
}

// redirect changes the backends of one rule in place and tells whether there were any.
func redirect(rule map[string]any, from, to string) bool {
	http, _ := rule["http"].(map[string]any)
	paths, _ := http["paths"].([]any)
	found := false
	for _, raw := range paths {
		service := backendService(raw)
		if service != nil && service["name"] == from {
			service["name"] = to
			found = true
		}
	}
	return found
}

func backendService(path any) map[string]any {
	fields, _ := path.(map[string]any)
	backend, _ := fields["backend"].(map[string]any)
	service, _ := backend["service"].(map[string]any)
	return service
}
