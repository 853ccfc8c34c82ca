package nginx

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// place is one path of an Ingress and the Service behind it.
type place struct {
	host, path    string
	service, port string
}

// address is where requests come in.
func (p place) address() string { return p.host + p.path }

func (p place) String() string { return cmp.Or(p.host, "every host") + " " + p.path }

// places lists the paths of an Ingress that lead to Services.
func places(object *unstructured.Unstructured) []place {
	raw, _, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "rules")
	rules, _ := raw.([]any)
	var all []place
	for _, raw := range rules {
		rule, _ := raw.(map[string]any)
		host, _ := rule["host"].(string)
		http, _ := rule["http"].(map[string]any)
		paths, _ := http["paths"].([]any)
		for _, raw := range paths {
			service := backendService(raw)
			if service == nil {
				continue
			}
			fields := raw.(map[string]any)
			path, _ := fields["path"].(string)
			name, _ := service["name"].(string)
			all = append(all, place{host: host, path: cmp.Or(path, "/"), service: name, port: portOf(service)})
		}
	}
	return all
}

func leadingTo(object *unstructured.Unstructured, service string) []place {
	return slices.DeleteFunc(places(object), func(p place) bool { return p.service != service })
}

// portOf is the number or the name of a backend's port.
func portOf(service map[string]any) string {
	port, _ := service["port"].(map[string]any)
	if name, ok := port["name"].(string); ok {
		return name
	}
	return fmt.Sprint(port["number"])
}
