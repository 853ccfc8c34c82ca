package convert

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// tell writes what cannot be carried over to where no pipe takes it away.
func (t *translation) tell(out io.Writer) {
	for _, note := range t.notes {
		fmt.Fprintf(out, "note: %s\n", strings.Join(strings.Fields(note), " "))
	}
}

// print writes one document for each route, and the blocks of Rollouts as comments, so that the whole may be applied.
func (t *translation) print(out io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Ingress %s as HTTPRoute of the Gateway API. Nothing was applied.\n", t.ingress.Name)
	for i, r := range t.routes {
		if i > 0 {
			b.WriteString("---\n")
		}
		document, err := yaml.Marshal(t.object(r))
		if err != nil {
			return fmt.Errorf("writing HTTPRoute %q: %w", r.name, err)
		}
		b.Write(document)
	}
	for _, block := range t.blocks {
		block.print(&b)
	}
	_, err := out.Write(b.Bytes())
	return err
}

func (t *translation) object(r route) map[string]any {
	metadata := map[string]any{"name": r.name}
	if t.ingress.Namespace != "" {
		metadata["namespace"] = t.ingress.Namespace
	}
	parent := map[string]any{"name": t.parent.name}
	if t.parent.namespace != "" {
		parent["namespace"] = t.parent.namespace
	}
	var rules []any
	for _, rule := range r.rules {
		rules = append(rules, rule.fields)
	}
	spec := map[string]any{"parentRefs": one(parent), "rules": rules}
	if len(r.hostnames) > 0 {
		spec["hostnames"] = r.hostnames
	}
	return map[string]any{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
}

func (b block) print(out *bytes.Buffer) {
	fmt.Fprintf(out, "\n# Rollout %s: once the routes are accepted, put this beside spec.strategy.canary.trafficRouting.nginx;\n# it takes the place of nginx when no request comes in by the Ingress any more:\n", b.rollout.Name)
	out.WriteString("#       trafficRouting:\n#         gatewayAPI:\n")
	if len(b.routes) == 1 {
		fmt.Fprintf(out, "#           httpRoute: %s\n", b.routes[0])
		return
	}
	out.WriteString("#           httpRoutes:\n")
	for _, name := range b.routes {
		fmt.Fprintf(out, "#             - name: %s\n", name)
	}
}
