package controller

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

// gatewayAPI is the Renderer for the versions that the API server prefers. TCPRoutes and TLSRoutes got their present one late, and many clusters
// serve an earlier one alone. Where the kinds are not installed yet, the present version is meant.
func gatewayAPI(mapper meta.RESTMapper, o Options) (gatewayapi.Renderer, error) {
	r := gatewayapi.Renderer{Namespaced: o.Namespace != ""}
	for kind, version := range map[string]*string{"TCPRoute": &r.TCPRouteVersion, "TLSRoute": &r.TLSRouteVersion} {
		mapping, err := mapper.RESTMapping(schema.GroupKind{Group: gatewayapi.Group, Kind: kind})
		if err := client.IgnoreNotFound(ignoreNoMatch(err)); err != nil {
			return r, fmt.Errorf("finding the version of %s: %w", kind, err)
		}
		if mapping != nil {
			*version = mapping.GroupVersionKind.Version
		}
	}
	return r, nil
}
