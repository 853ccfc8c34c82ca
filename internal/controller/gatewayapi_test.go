package controller

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

// installed maps the kinds of a cluster that serves each kind in one version.
func installed(versions map[string]string) meta.RESTMapper {
	var preferred []schema.GroupVersion
	for _, version := range []string{"v1", "v1alpha3", "v1alpha2"} {
		preferred = append(preferred, schema.GroupVersion{Group: gatewayapi.Group, Version: version})
	}
	mapper := meta.NewDefaultRESTMapper(preferred)
	for kind, version := range versions {
		mapper.Add(schema.GroupVersionKind{Group: gatewayapi.Group, Version: version, Kind: kind}, meta.RESTScopeNamespace)
	}
	return mapper
}

func TestVersionsOfTheGatewayAPI(t *testing.T) {
	cases := map[string]struct {
		versions map[string]string
		options  Options
		want     gatewayapi.Renderer
	}{
		"not installed":                  {nil, Options{}, gatewayapi.Renderer{}},
		"the earlier ones":               {map[string]string{"TCPRoute": "v1alpha2", "TLSRoute": "v1alpha3"}, Options{}, gatewayapi.Renderer{TCPRouteVersion: "v1alpha2", TLSRouteVersion: "v1alpha3"}},
		"one of two, for one namespace":  {map[string]string{"TLSRoute": "v1"}, Options{Namespace: "shop"}, gatewayapi.Renderer{Namespaced: true, TLSRouteVersion: "v1"}},
		"other kinds of the same family": {map[string]string{"HTTPRoute": "v1"}, Options{}, gatewayapi.Renderer{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := gatewayAPI(installed(c.versions), c.options)
			if err != nil || got != c.want {
				t.Errorf("%+v (error %v), want %+v", got, err, c.want)
			}
		})
	}
}

// silent is an API server that does not answer.
type silent struct{ meta.RESTMapper }

var errSilent = errors.New("no answer")

func (silent) RESTMapping(schema.GroupKind, ...string) (*meta.RESTMapping, error) {
	return nil, errSilent
}

func TestVersionsThatNobodyTells(t *testing.T) {
	if _, err := gatewayAPI(silent{}, Options{}); !errors.Is(err, errSilent) {
		t.Errorf("error %v, want %v", err, errSilent)
	}
}
