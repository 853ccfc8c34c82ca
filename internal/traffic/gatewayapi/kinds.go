package gatewayapi

import (
	"cmp"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// Group is the API group of all kinds.
const Group = "gateway.networking.k8s.io"

// versions are those in which each kind is read and written: the one in which Gateway API 1.6 serves it.
var versions = map[string]string{
	"Gateway": "v1", "GatewayClass": "v1",
	httpRoute: "v1", grpcRoute: "v1", "TCPRoute": "v1", "TLSRoute": "v1",
}

// Kinds of routes whose rules match requests. The others only pass connections on.
const (
	httpRoute = "HTTPRoute"
	grpcRoute = "GRPCRoute"
)

func matchesRequests(kind string) bool { return kind == httpRoute || kind == grpcRoute }

// The API server refuses routes that have more than this.
const (
	mostRules       = 16
	mostMatches     = 64  // of one rule
	mostMatchesEver = 128 // of all rules together
	mostOfRest      = 16  // headers of a match, filters and backendRefs of a rule
)

// kind is one of the Gateway API, in its version or that of the Renderer.
func (r Renderer) kind(kind string) schema.GroupVersionKind {
	version := versions[kind]
	switch kind {
	case "TCPRoute":
		version = cmp.Or(r.TCPRouteVersion, version)
	case "TLSRoute":
		version = cmp.Or(r.TLSRouteVersion, version)
	}
	return schema.GroupVersionKind{Group: Group, Version: version, Kind: kind}
}

func (r Renderer) ref(named v1alpha1.GatewayAPINamed) traffic.Ref {
	return traffic.Ref{GroupVersionKind: r.kind(named.Kind), Namespace: named.Namespace, Name: named.Name}
}
