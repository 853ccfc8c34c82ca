package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	pilot "istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pilot/pkg/xds/endpoints"
	"istio.io/istio/pilot/test/xdstest"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
	"sigs.k8s.io/yaml"
)

const domain = "cluster.local"

// converted is an object as istiod holds it.
func converted(o object) (config.Config, resource.Schema, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return config.Config{}, nil, err
	}
	kind := &crd.IstioKind{}
	if err := yaml.Unmarshal(text, kind); err != nil {
		return config.Config{}, nil, err
	}
	gvk := kind.GroupVersionKind()
	schema, ok := collections.Pilot.FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&gvk))
	if !ok {
		return config.Config{}, nil, fmt.Errorf("Istio has no %s", gvk)
	}
	c, err := crd.ConvertObject(schema, kind, domain)
	if err != nil {
		return config.Config{}, nil, err
	}
	c.CreationTimestamp = time.Unix(1, 0)
	return *c, schema, nil
}

// validate answers as istiod's webhook would.
func validate(o object) (warning string, err error) {
	c, schema, err := converted(o)
	if err != nil {
		return "", err
	}
	w, err := schema.ValidateConfig(c)
	if w != nil {
		warning = w.Error()
	}
	return warning, err
}

// pod is an endpoint of a Service.
type pod struct {
	address, zone string
	labels        map[string]string
}

// mesh is Istio's discovery over a set of objects.
type mesh struct {
	*pilot.ConfigGenTest
	t         *testing.T
	addresses map[string]string // of Services, by host
}

// newMesh starts one in which every host that the objects name is a Service with the same pods.
func newMesh(t *testing.T, objects []object, pods []pod) mesh {
	t.Helper()
	var all []config.Config
	entries, addresses := services(objects, pods), map[string]string{}
	for _, entry := range entries {
		spec := entry["spec"].(map[string]any)
		addresses[spec["hosts"].([]any)[0].(string)] = spec["addresses"].([]any)[0].(string)
	}
	for _, o := range append(entries, objects...) {
		c, _, err := converted(o)
		if err != nil {
			t.Fatalf("%s: %v", o, err)
		}
		all = append(all, c)
	}
	return mesh{pilot.NewConfigGenTest(t, pilot.TestOptions{Configs: all}), t, addresses}
}

// fqdn is how Istio reads a host: one without a dot is in the namespace of the object that names it, any other is whole as it stands.
func fqdn(host, namespace string) string {
	if strings.Contains(host, ".") {
		return host
	}
	return host + "." + namespace + ".svc." + domain
}

// home is the namespace of a Service by its whole name; any other host is in the namespace of who names it.
func home(host, namespace string) string {
	if name, ok := strings.CutSuffix(host, ".svc."+domain); ok {
		_, namespace, _ = strings.Cut(name, ".")
	}
	return namespace
}

// anyPort is for TCP routes that name none.
const anyPort = 7000

// services makes a Service of every host, on every port and in every protocol that the objects name.
func services(objects []object, pods []pod) []object {
	ports := map[int]string{80: "HTTP"}
	hosts := map[string]string{} // to their namespaces
	add := func(host, namespace string) { hosts[fqdn(host, namespace)] = home(fqdn(host, namespace), namespace) }
	for _, o := range objects {
		if host := o.text("spec", "host"); host != "" {
			add(host, o.namespace())
		}
		names, _ := o.at("spec", "hosts").([]any)
		for _, name := range names {
			add(name.(string), o.namespace())
		}
		for kind, protocol := range map[string]string{"http": "HTTP", "tcp": "TCP", "tls": "TLS"} {
			for _, route := range o.entries("spec", kind) {
				for _, match := range route.entries("match") {
					addPort(ports, match.at("port"), protocol)
				}
				if kind == "tcp" && len(route.entries("match")) == 0 {
					addPort(ports, float64(anyPort), protocol)
				}
				for _, to := range append(route.entries("route"), object{"destination": route.at("mirror")}) {
					if host := to.text("destination", "host"); host != "" {
						add(host, o.namespace())
					}
					addPort(ports, to.at("destination", "port", "number"), protocol)
				}
			}
		}
	}
	var all []object
	for i, host := range slices.Sorted(maps.Keys(hosts)) {
		entry := serviceEntry(host, netip.AddrFrom4([4]byte{10, 1, 1, byte(i + 1)}), ports, pods)
		entry["metadata"].(map[string]any)["namespace"] = hosts[host]
		all = append(all, entry)
	}
	return all
}

func addPort(ports map[int]string, number any, protocol string) {
	if n, ok := number.(float64); ok && ports[int(n)] == "" {
		ports[int(n)] = protocol
	}
}

func serviceEntry(host string, address netip.Addr, ports map[int]string, pods []pod) object {
	var listed, members []any
	for number, protocol := range ports {
		listed = append(listed, map[string]any{"number": number, "name": fmt.Sprintf("%s-%d", strings.ToLower(protocol), number), "protocol": protocol})
	}
	for _, p := range pods {
		members = append(members, map[string]any{"address": p.address, "labels": p.labels, "locality": "us-east-1/" + p.zone})
	}
	return object{
		"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
		"metadata": map[string]any{"name": strings.ReplaceAll(host, ".", "-")},
		"spec": map[string]any{
			"hosts": []any{host}, "location": "MESH_INTERNAL", "resolution": "STATIC",
			"addresses": []any{address.String()}, "ports": listed, "endpoints": members,
		},
	}
}

// client is a sidecar in a zone, with labels of its own.
func (m mesh) client(zone string, labels map[string]string) *model.Proxy {
	all := map[string]string{"app": "client"}
	if zone != "" {
		all["topology.kubernetes.io/zone"], all["topology.kubernetes.io/region"] = zone, "us-east-1"
	}
	maps.Copy(all, labels)
	return m.SetupProxy(&model.Proxy{
		Type: model.SidecarProxy, IPAddresses: []string{"10.9.9.9"}, ConfigNamespace: "clients",
		Metadata: &model.NodeMetadata{Namespace: "clients", Labels: all}, Labels: all,
		Locality: &core.Locality{Region: "us-east-1", Zone: zone},
	})
}

// reached are the addresses of a cluster's endpoints as a client sees them, by priority.
func (m mesh) reached(client *model.Proxy, cluster string) [][]string {
	m.t.Helper()
	if !slices.Contains(xdstest.ExtractEdsClusterNames(m.Clusters(client)), cluster) {
		m.t.Fatalf("there is no cluster %s", cluster)
	}
	builder := endpoints.NewEndpointBuilder(cluster, client, m.PushContext())
	var levels [][]string
	for _, group := range builder.BuildClusterLoadAssignment(m.Env().EndpointIndex).GetEndpoints() {
		for len(levels) <= int(group.GetPriority()) {
			levels = append(levels, nil)
		}
		for _, e := range group.GetLbEndpoints() {
			address := e.GetEndpoint().GetAddress().GetSocketAddress().GetAddress()
			levels[group.GetPriority()] = append(levels[group.GetPriority()], address)
		}
	}
	for _, level := range levels {
		slices.Sort(level)
	}
	return levels
}
