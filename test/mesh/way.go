package mesh

// Way is how a pod calls, and what proxy decides where a call goes.
type Way struct {
	Name string
	// Port is that of the Services, as YAML.
	Port string
	// Plan calls a Service of a namespace, from a pod with an address.
	Plan func(service, namespace, address string) Plan
	// Gateways of the VirtualServices, as YAML; empty for the mesh. Pinned: see Place.
	Gateways string
	Pinned   bool
	// Objects are what the namespace needs first, as YAML, and Container is a second one of the pod that calls: it has the labels
	// app=caller and shop=NAMESPACE.
	Objects   func(namespace string) []string
	Container string
	// Admin is the port on which the second container tells its figures, at /stats.
	Admin string
}

// GRPC is a client that asks istiod by itself.
func GRPC() Way {
	return Way{
		Name: "gRPC",
		Port: "{name: grpc, port: 9090, targetPort: 9090, appProtocol: grpc}",
		Plan: func(service, namespace, _ string) Plan {
			return Plan{Target: "xds:///" + Name(service, namespace) + ":9090"}
		},
		Pinned: true,
	}
}

// Name is a Service's in the mesh.
func Name(service, namespace string) string { return service + "." + namespace + ".svc.cluster.local" }
