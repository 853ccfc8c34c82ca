package nginx_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic/nginx"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

const (
	toStable = `backend: {service: {name: web-stable, port: {number: 80}}}`
	toCanary = `backend: {service: {name: web-canary, port: {number: 80}}}`
	stable   = `{metadata: {name: web, namespace: shop}, spec: {rules: [{host: web.example, http: {paths: [{path: /, ` + toStable + `}]}}]}}`
	canary   = `{metadata: {name: web-web-canary, namespace: shop, annotations: {nginx.ingress.kubernetes.io/canary: "true"}}, spec: {rules: [{host: web.example, http: {paths: [{path: /, ` + toCanary + `}]}}]}}`
)

func decode(t *testing.T, into any, text string) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func rollout(t *testing.T, spec string) *v1alpha1.Rollout {
	t.Helper()
	if spec == "" {
		spec = `{stableIngress: web}`
	}
	ro := &v1alpha1.Rollout{}
	decode(t, ro, `{metadata: {name: web, namespace: shop, uid: uid-web}, spec: {strategy: {canary: {canaryService: web-canary, stableService: web-stable, trafficRouting: {nginx: `+spec+`}}}}}`)
	return ro
}

func TestInspect(t *testing.T) {
	// another is an Ingress of that spec; a canary of somebody else where annotations say so.
	another := func(annotations, spec string) string {
		return `{metadata: {name: another, namespace: shop, annotations: {` + annotations + `}}, spec: ` + spec + `}`
	}
	const isCanary = `nginx.ingress.kubernetes.io/canary: "true"`
	for name, c := range map[string]struct {
		spec  string
		found []string
		want  []string
	}{
		"as it should be": {found: []string{stable, canary, stable}},
		"an Ingress that is missing is left to Render": {},
		"odd shapes": {found: []string{stable, another("", `{rules: [3, {http: 4}, {http: {paths: [5, {backend: 6}, {backend: {service: {port: 7}}}]}}]}`)}},

		"class nginx, by field": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {ingressClassName: nginx, rules: [{http: {paths: [{` + toStable + `}]}}]}}`},
			want:  []string{"told KAN-NGX01 spec.ingressClassName"},
		},
		"class nginx, by annotation": {
			found: []string{`{metadata: {name: web, namespace: shop, annotations: {kubernetes.io/ingress.class: nginx}}, spec: {rules: [{http: {paths: [{` + toStable + `}]}}]}}`},
			want:  []string{"told KAN-NGX01 spec.ingressClassName"},
		},
		"class traefik, which heeds the same annotations": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {ingressClassName: traefik, rules: [{http: {paths: [{` + toStable + `}]}}]}}`},
		},

		"no path to the stable Service": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {rules: [{host: web.example, http: {paths: [{path: /, ` + toCanary + `}]}}]}}`},
			want:  []string{"blocks KAN-NGX03 spec.rules"},
		},
		"the stable Service as default backend alone": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web-stable}}}}`},
			want:  []string{"blocks KAN-NGX03 spec.rules"},
		},
		"the stable Service as default backend too": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web-stable}}, rules: [{http: {paths: [{` + toStable + `}]}}]}}`},
			want:  []string{"told KAN-NGX04 spec.defaultBackend"},
		},
		"another Service as default backend": {
			found: []string{`{metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: sorry}}, rules: [{http: {paths: [{` + toStable + `}]}}]}}`},
		},

		"another host on the stable Service": {
			found: []string{stable, canary, another("", `{rules: [{host: b.example, http: {paths: [{path: /, `+toStable+`}]}}]}`)},
			want:  []string{"told KAN-NGX02 spec.rules"},
		},
		"another host on the stable Service, which the Rollout names": {
			spec:  `{stableIngresses: [web, another]}`,
			found: []string{stable, canary, another("", `{rules: [{host: b.example, http: {paths: [{path: /, `+toStable+`}]}}]}`)},
		},
		"one of two hosts of ours once more": {
			found: []string{
				`{metadata: {name: web, namespace: shop}, spec: {rules: [{host: a.example, http: {paths: [{path: /, ` + toStable + `}]}}, {host: b.example, http: {paths: [{path: /, ` + toStable + `}]}}]}}`,
				another("", `{rules: [{host: b.example, http: {paths: [{path: /, `+toStable+`}]}}]}`),
			},
		},
		"another host on another port of the stable Service": {
			found: []string{stable, another("", `{rules: [{host: b.example, http: {paths: [{path: /, backend: {service: {name: web-stable, port: {name: admin}}}}]}}]}`)},
		},
		"another host on another Service": {
			found: []string{stable, another("", `{rules: [{host: b.example, http: {paths: [{path: /, backend: {service: {name: cart, port: {number: 80}}}}]}}]}`)},
		},
		"another host on the stable Service, by another proxy": {
			found: []string{
				`{metadata: {name: web, namespace: shop}, spec: {ingressClassName: traefik, rules: [{http: {paths: [{` + toStable + `}]}}]}}`,
				another("", `{ingressClassName: inner, rules: [{host: b.example, http: {paths: [{path: /, `+toStable+`}]}}]}`),
			},
		},

		"a second canary for the same path": {
			found: []string{stable, canary, another(isCanary, `{rules: [{host: web.example, http: {paths: [{`+toCanary+`}]}}]}`)},
			want:  []string{"told KAN-NGX05 spec.rules"},
		},
		"a canary for another path": {
			found: []string{stable, canary, another(isCanary, `{rules: [{host: web.example, http: {paths: [{path: /api, `+toCanary+`}]}}]}`)},
		},
		"a canary by another prefix is none to this proxy": {
			spec:  `{stableIngress: web, annotationPrefix: custom.example}`,
			found: []string{stable, another(isCanary, `{rules: [{host: web.example, http: {paths: [{path: /, `+toCanary+`}]}}]}`)},
		},
		"a canary that the Rollout made for an Ingress that it named before": {
			found: []string{stable, canary, `{metadata: {name: web-old-canary, namespace: shop, annotations: {` + isCanary + `}, ownerReferences: [{uid: uid-web, controller: true}]},
				spec: {rules: [{host: web.example, http: {paths: [{path: /, ` + toCanary + `}]}}]}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ro := rollout(t, c.spec)
			var found, before []*unstructured.Unstructured
			for _, text := range c.found {
				object := &unstructured.Unstructured{}
				decode(t, &object.Object, text)
				object.SetAPIVersion("networking.k8s.io/v1")
				object.SetKind("Ingress")
				found, before = append(found, object), append(before, object.DeepCopy())
			}
			var got []string
			for _, f := range (nginx.Renderer{}).Inspect(ro, found) {
				got = append(got, rendertest.Line(f))
				if !strings.HasPrefix(f.Field.String(), "spec.strategy.canary.trafficRouting.nginx.stableIngress") || f.Object.Name != "web" || strings.Contains(f.Text, "%!") || len(f.Text) < 80 {
					t.Errorf("%s at %v, field %s: %s", f.Code, f.Object, f.Field, f.Text)
				}
			}
			if diff := cmp.Diff(c.want, got) + cmp.Diff(before, found) + cmp.Diff(rollout(t, c.spec), ro); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestInspectWithoutNginx(t *testing.T) {
	ro := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	if found := (nginx.Renderer{}).Inspect(ro, nil); found != nil {
		t.Errorf("%v", found)
	}
}
