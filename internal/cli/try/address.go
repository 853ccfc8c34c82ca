package try

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
)

// address is where requests for a Rollout go. The zero value knows nothing.
type address struct {
	scheme, host, path string
}

// curl is a command line that reaches the new version.
func (a address) curl(h header) string {
	line := fmt.Sprintf("curl -H '%s' %s://%s%s", h, cmp.Or(a.scheme, "http"), cmp.Or(a.host, "HOST"), cmp.Or(a.path, "/"))
	if a.host == "" {
		line += "   # put the host in: the route names none"
	}
	return line
}

// addressOf reads the route of the Rollout. It is only for show, so what cannot be read is left open.
func addressOf(ctx context.Context, c *cluster.Cluster, ro *v1alpha1.Rollout) address {
	routing := ro.Spec.Strategy.Canary.TrafficRouting
	switch {
	case routing.Istio != nil:
		return viaVirtualService(ctx, c, routing.Istio)
	case routing.Nginx != nil:
		return viaIngress(ctx, c, append([]string{routing.Nginx.StableIngress}, routing.Nginx.StableIngresses...))
	case routing.ALB != nil:
		return viaIngress(ctx, c, append([]string{routing.ALB.Ingress}, routing.ALB.Ingresses...))
	}
	return viaHTTPRoute(ctx, c, routing.Plugins)
}

func viaVirtualService(ctx context.Context, c *cluster.Cluster, istio *v1alpha1.IstioTrafficRouting) address {
	named := istio.VirtualService
	if named == nil && len(istio.VirtualServices) > 0 {
		named = &istio.VirtualServices[0]
	}
	if named == nil {
		return address{}
	}
	name, namespace, _ := strings.Cut(named.Name, ".")
	object, err := c.RawIn(ctx, cluster.VirtualServiceGVK, namespace, name)
	if err != nil {
		return address{}
	}
	hosts, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "hosts")
	gateways, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "gateways")
	a := address{host: concrete(hosts), path: pathOf(object)}
	for _, gateway := range gateways {
		if encrypts(ctx, c, object.GetNamespace(), gateway) {
			a.scheme = "https"
		}
	}
	return a
}

// encrypts tells whether a Gateway, "name" or "namespace/name", offers TLS.
func encrypts(ctx context.Context, c *cluster.Cluster, namespace, gateway string) bool {
	if within, name, qualified := strings.Cut(gateway, "/"); qualified {
		namespace, gateway = within, name
	}
	if gateway == "mesh" {
		return false
	}
	object, err := c.RawIn(ctx, cluster.GatewayGVK, namespace, gateway)
	if err != nil {
		return false
	}
	servers, _, _ := unstructured.NestedSlice(object.Object, "spec", "servers")
	return slices.ContainsFunc(servers, func(server any) bool {
		fields, _ := server.(map[string]any)
		mode, _, _ := unstructured.NestedString(fields, "tls", "mode")
		return mode != ""
	})
}

// pathOf is what the first route matches, when that is the beginning of a path or the whole.
func pathOf(virtualService *unstructured.Unstructured) string {
	routes, _, _ := unstructured.NestedSlice(virtualService.Object, "spec", "http")
	for _, route := range routes {
		fields, _ := route.(map[string]any)
		if fields["name"] == routeName {
			continue
		}
		matches, _ := fields["match"].([]any)
		if len(matches) == 0 {
			return ""
		}
		match, _ := matches[0].(map[string]any)
		prefix, _, _ := unstructured.NestedString(match, "uri", "prefix")
		exact, _, _ := unstructured.NestedString(match, "uri", "exact")
		return cmp.Or(prefix, exact)
	}
	return ""
}

func viaIngress(ctx context.Context, c *cluster.Cluster, names []string) address {
	name := cmp.Or(names...)
	object, err := c.RawIn(ctx, cluster.IngressGVK, "", name)
	if err != nil {
		return address{}
	}
	rules, _, _ := unstructured.NestedSlice(object.Object, "spec", "rules")
	for _, rule := range rules {
		fields, _ := rule.(map[string]any)
		host, _ := fields["host"].(string)
		if concrete([]string{host}) == "" {
			continue
		}
		a := address{host: host}
		if paths, _, _ := unstructured.NestedSlice(fields, "http", "paths"); len(paths) > 0 {
			first, _ := paths[0].(map[string]any)
			a.path, _ = first["path"].(string)
		}
		if encryptedBy(object, host) {
			a.scheme = "https"
		}
		return a
	}
	return address{}
}

func encryptedBy(ingress *unstructured.Unstructured, host string) bool {
	entries, _, _ := unstructured.NestedSlice(ingress.Object, "spec", "tls")
	return slices.ContainsFunc(entries, func(entry any) bool {
		fields, _ := entry.(map[string]any)
		hosts, _, _ := unstructured.NestedStringSlice(fields, "hosts")
		return slices.Contains(hosts, host)
	})
}

// gatewayPlugin is the plugin whose settings name an HTTPRoute.
const gatewayPlugin = "argoproj-labs/gatewayAPI"

func viaHTTPRoute(ctx context.Context, c *cluster.Cluster, plugins map[string]json.RawMessage) address {
	var settings struct {
		HTTPRoute, Namespace string
		HTTPRoutes           []struct{ Name string }
	}
	if json.Unmarshal(plugins[gatewayPlugin], &settings) != nil {
		return address{}
	}
	if settings.HTTPRoute == "" && len(settings.HTTPRoutes) > 0 {
		settings.HTTPRoute = settings.HTTPRoutes[0].Name
	}
	object, err := c.RawIn(ctx, cluster.HTTPRouteGVK, settings.Namespace, settings.HTTPRoute)
	if err != nil {
		return address{}
	}
	hosts, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "hostnames")
	return address{host: concrete(hosts)}
}

// concrete is the first host that is no pattern.
func concrete(hosts []string) string {
	at := slices.IndexFunc(hosts, func(host string) bool { return host != "" && !strings.Contains(host, "*") })
	if at < 0 {
		return ""
	}
	return hosts[at]
}
