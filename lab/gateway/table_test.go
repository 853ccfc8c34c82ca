package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/yaml"
)

const istioObjects = `
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web, web.example.com]
  http:
  - match:
    - headers: {x-canary: {exact: "true"}}
    - headers: {user-agent: {regex: ".*Firefox.*"}}
    route: [{destination: {host: web, subset: canary}}]
  - match:
    - sourceLabels: {zone: a}
      uri: {prefix: /zoned}
    route: [{destination: {host: web.shop.svc.cluster.local, subset: missing}}]
  - name: primary
    route:
    - destination: {host: web, subset: stable, port: {number: 8080}}
      weight: 90
    - destination: {host: web, subset: canary}
      weight: 10
---
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  subsets:
  - {name: stable, labels: {hash: s1}}
  - {name: canary, labels: {hash: c1}}
`

const nginxObjects = `
kind: Ingress
metadata: {name: main, namespace: shop}
spec:
  rules:
  - host: web.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: stable, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
---
kind: Ingress
metadata:
  name: main-canary
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/canary: "true"
    nginx.ingress.kubernetes.io/canary-weight: "20"
    nginx.ingress.kubernetes.io/canary-by-header: X-Canary
    nginx.ingress.kubernetes.io/canary-by-cookie: canary
spec:
  rules:
  - host: web.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: canary, port: {number: 80}}}}
`

const routeObjects = `
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  hostnames: ["*.example.com"]
  rules:
  - backendRefs:
    - {name: stable, port: 80, weight: 75}
    - {name: canary, port: 80, weight: 25}
    - {name: idle, port: 80, weight: 0}
  - matches:
    - {path: {type: PathPrefix, value: /}, headers: [{name: X-Canary, value: "1"}]}
    backendRefs: [{name: canary, port: 80}]
  - matches:
    - path: {type: Exact, value: /exact}
    backendRefs: [{name: exact, port: 80}]
`

func TestFind(t *testing.T) {
	tests := map[string]struct {
		objects, host, path string
		header              string // NAME: VALUE
		want                string
	}{
		"VirtualService: no match goes by weight":              {istioObjects, "web.example.com", "/", "", "shop/web:8080[hash=s1] 90, shop/web[hash=c1] 10"},
		"VirtualService: a header":                             {istioObjects, "web.example.com", "/", "X-Canary: true", "shop/web[hash=c1] 1"},
		"VirtualService: another value of the header":          {istioObjects, "web.example.com", "/", "X-Canary: false", "shop/web:8080[hash=s1] 90, shop/web[hash=c1] 10"},
		"VirtualService: the second of two matches":            {istioObjects, "web.example.com", "/", "User-Agent: Mozilla Firefox 99", "shop/web[hash=c1] 1"},
		"VirtualService: a short host is also the long name":   {istioObjects, "web.shop.svc.cluster.local", "/", "", "shop/web:8080[hash=s1] 90, shop/web[hash=c1] 10"},
		"VirtualService: source labels, and an unknown subset": {istioObjects, "web.example.com", "/zoned/x", "X-Lab-Source: zone=a", "shop/web[lab.kanari.dev/unknown-subset=missing] 1"},
		"VirtualService: other source labels":                  {istioObjects, "web.example.com", "/zoned/x", "X-Lab-Source: zone=b", "shop/web:8080[hash=s1] 90, shop/web[hash=c1] 10"},
		"VirtualService: another host":                         {istioObjects, "other.example.com", "/", "", "nobody"},

		"nginx: weight":                     {nginxObjects, "web.example.com", "/", "", "shop/stable:80 80, shop/canary:80 20"},
		"nginx: header always":              {nginxObjects, "web.example.com", "/", "X-Canary: always", "shop/canary:80 1"},
		"nginx: header never":               {nginxObjects, "web.example.com", "/", "X-Canary: never", "shop/stable:80 1"},
		"nginx: cookie":                     {nginxObjects, "web.example.com", "/", "Cookie: a=b; canary=always", "shop/canary:80 1"},
		"nginx: a path without a canary":    {nginxObjects, "web.example.com", "/api/x", "", "shop/api:80 1"},
		"nginx: a path is taken by element": {nginxObjects, "web.example.com", "/apix", "", "shop/stable:80 80, shop/canary:80 20"},

		"HTTPRoute: weights":                          {routeObjects, "web.example.com", "/", "", "shop/stable:80 75, shop/canary:80 25, shop/idle:80 0"},
		"HTTPRoute: a header goes before no match":    {routeObjects, "web.example.com", "/", "X-Canary: 1", "shop/canary:80 1"},
		"HTTPRoute: an exact path goes before header": {routeObjects, "web.example.com", "/exact", "X-Canary: 1", "shop/exact:80 1"},
		"HTTPRoute: a host outside the wildcard":      {routeObjects, "example.org", "/", "", "nobody"},

		"VirtualService goes before HTTPRoute for an equal host, by exactness": {istioObjects + "---" + routeObjects, "web.example.com", "/", "", "shop/web:8080[hash=s1] 90, shop/web[hash=c1] 10"},
		"a wildcard is used for hosts nobody names":                            {istioObjects + "---" + routeObjects, "any.example.com", "/exact", "", "shop/exact:80 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://"+test.host+test.path, nil)
			if key, value, ok := strings.Cut(test.header, ": "); ok {
				r.Header.Set(key, value)
			}
			found, _ := parse(t, test.objects).table().find(newRequest(r))
			if diff := cmp.Diff(test.want, describe(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// parse puts YAML documents into stores by their kind.
func parse(t *testing.T, text string) objects {
	t.Helper()
	stores := map[string]schema.GroupVersionResource{
		"VirtualService": virtualServices, "DestinationRule": destinationRules, "HTTPRoute": httpRoutes, "Ingress": ingresses,
	}
	all := objects{}
	for _, resource := range stores {
		all[resource] = cache.NewStore(cache.MetaNamespaceKeyFunc)
	}
	for document := range strings.SplitSeq(text, "---") {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &u.Object); err != nil {
			t.Fatal(err)
		}
		if err := all[stores[u.GetKind()]].Add(u); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func describe(backends []backend) string {
	if len(backends) == 0 {
		return "nobody"
	}
	var words []string
	for _, b := range backends {
		s := b.namespace + "/" + b.service
		if b.port != 0 {
			s += fmt.Sprintf(":%d", b.port)
		}
		var sSb168 strings.Builder
		for key, value := range b.labels {
			fmt.Fprintf(&sSb168, "[%s=%s]", key, value)
		}
		s += sSb168.String()
		words = append(words, fmt.Sprintf("%s %d", s, b.weight))
	}
	return strings.Join(words, ", ")
}

func TestChoose(t *testing.T) {
	backends := []backend{{service: "idle", weight: 0}, {service: "stable", weight: 90}, {service: "canary", weight: 10}}
	tests := map[string]struct {
		dice float64
		want string
	}{
		"the lowest throw":               {0, "stable"},
		"just below the border":          {0.899, "stable"},
		"the border belongs to the next": {0.9, "canary"},
		"the highest throw":              {0.9999999, "canary"},
	}
	for name, test := range tests {
		if got, ok := choose(backends, test.dice); !ok || got.service != test.want {
			t.Errorf("%s: chose %q, %t; want %q", name, got.service, ok, test.want)
		}
	}
	if got, ok := choose([]backend{{service: "idle"}}, 0.5); ok {
		t.Errorf("chose %q although all weights are 0", got.service)
	}
}
