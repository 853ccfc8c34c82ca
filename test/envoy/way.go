package envoy

import (
	"fmt"
	"strings"

	"github.com/kanari-dev/kanari/test/mesh"
)

// image is that of the container with Envoy.
const image = "envoyproxy/envoy"

const (
	overHTTP1 = "{name: http, port: 8080, targetPort: 8080, appProtocol: http}"
	overHTTP2 = "{name: http2, port: 8080, targetPort: 8080, appProtocol: http2}"
)

// Sidecar calls over HTTP/1.1 through an Envoy in the same pod. Istio's own sidecars catch what leaves the pod; here the pod calls an address
// that no other pod has, for all pods of a lab share a network namespace.
func Sidecar(number int) mesh.Way {
	address := fmt.Sprintf("127.1.%d.1", number)
	return mesh.Way{
		Name: "Envoy sidecar, HTTP/1.1", Port: overHTTP1, Admin: admin, Container: container("sidecar"),
		Plan: func(service, namespace, _ string) mesh.Plan {
			return mesh.Plan{Target: "http://" + address + ":8080/", Host: mesh.Name(service, namespace)}
		},
		Objects: func(string) []string {
			return []string{fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: caller}
spec:
  workloadSelector: {labels: {app: caller}}
  egress:
  - port: {number: 8080, protocol: HTTP, name: http}
    bind: %s
    captureMode: NONE
    hosts: ["./*"]
`, address)}
		},
	}
}

// Gateway calls over HTTP/2 through an Envoy at which requests enter the mesh; it speaks HTTP/2 to the pods as well.
func Gateway(number int) mesh.Way {
	address := fmt.Sprintf("127.2.%d.1", number)
	return mesh.Way{
		Name: "Envoy gateway, HTTP/2", Port: overHTTP2, Admin: admin, Container: container("router"), Gateways: "[door]",
		Plan: func(service, namespace, _ string) mesh.Plan {
			return mesh.Plan{Target: "http://" + address + ":8000/", Host: mesh.Name(service, namespace), HTTP2: true}
		},
		Objects: func(namespace string) []string {
			return []string{fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door}
spec:
  selector: {app: caller, shop: %s}
  servers:
  - port: {number: 8000, name: http, protocol: HTTP}
    bind: %s
    hosts: ["*"]
`, namespace, address)}
		},
	}
}

// admin is the port on which Envoy tells of itself.
const admin = "15000"

// container is an Envoy that asks istiod for everything.
func container(role string) string {
	return fmt.Sprintf(`
  - name: envoy
    image: %s:v1
    args: ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning", "--config-yaml", %q]
    env:%s
    ports: [{containerPort: %s}]
    readinessProbe: {httpGet: {path: /ready, port: %s}}
`, image, bootstrap(role), mesh.FromPod("    "), admin, admin)
}

// bootstrap is what an Envoy needs to know of istiod, and istiod of the Envoy. Its listeners are on real addresses, since nothing catches
// what leaves a pod (INTERCEPTION_MODE).
func bootstrap(role string) string {
	host, port, _ := strings.Cut(mesh.Discovery, ":")
	return fmt.Sprintf(`
node:
  id: %[1]s~$(POD_IP)~$(POD_NAME).$(NAMESPACE)~$(NAMESPACE).svc.cluster.local
  cluster: caller.$(NAMESPACE)
  metadata: {NAMESPACE: $(NAMESPACE), CLUSTER_ID: Kubernetes, ISTIO_VERSION: "1.31.0", INTERCEPTION_MODE: NONE, INSTANCE_IPS: $(POD_IP), UNPRIVILEGED_POD: "true",
    LABELS: {app: caller, shop: $(NAMESPACE)}}
admin:
  address: {socket_address: {address: $(POD_IP), port_value: %[4]s}}
dynamic_resources:
  lds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  cds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services: [{envoy_grpc: {cluster_name: istiod}}]
static_resources:
  clusters:
  - name: istiod
    type: STATIC
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment:
      cluster_name: istiod
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: %[2]s, port_value: %[3]s}}}}]}]
`, role, host, port, admin)
}
