package alb

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

const codeUndivided = "KAN-ALB01" // a path that does not ask for the annotation

var _ traffic.Inspector = Renderer{}

// Inspect finds paths on which the weights do not act. An Ingress that is missing is left to Render.
func (Renderer) Inspect(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	var findings []traffic.Finding
	for _, named := range ingresses(ro) {
		object := traffic.Find(found, named.ref.Empty())
		if object == nil {
			continue
		}
		for i, rule := range entry.Lists(object.Object, "spec", "rules") {
			for j, path := range entry.Lists(rule, "http", "paths") {
				if service(path) == Root(ro) && !asksAnnotation(path) {
					findings = append(findings, traffic.Finding{
						Code: codeUndivided, Field: named.path, Object: named.ref, Path: fmt.Sprintf("spec.rules[%d].http.paths[%d]", i, j),
						Text: fmt.Sprintf("all its requests go to Service %q whatever the weights, because its port is not named %s. Write {service: {name: %s, port: {name: %s}}}", Root(ro), byAnnotation, Root(ro), byAnnotation),
					})
				}
			}
		}
	}
	return findings
}
