package convert

import (
	"cmp"
	"maps"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// canaryFor is the canary Ingress that somebody keeps by hand for that host and path, and where it leads.
func (t *translation) canaryFor(host string, path networkingv1.HTTPIngressPath) (*networkingv1.Ingress, *networkingv1.IngressServiceBackend) {
	for i := range t.others {
		other := &t.others[i]
		if !t.canaryOf(other) || t.byRollout(other) {
			continue
		}
		for _, rule := range other.Spec.Rules {
			if rule.Host != host || rule.HTTP == nil {
				continue
			}
			for _, theirs := range rule.HTTP.Paths {
				if cmp.Or(theirs.Path, "/") == cmp.Or(path.Path, "/") && theirs.Backend.Service != nil {
					return other, theirs.Backend.Service
				}
			}
		}
	}
	return nil, nil
}

// divided makes of one rule what the canary's annotations say, in nginx's order: header, then cookie, then weight.
func (t *translation) divided(plain rule, canary *networkingv1.Ingress, to *networkingv1.IngressServiceBackend) ([]rule, error) {
	backend, err := t.backend(to)
	if err != nil {
		return nil, err
	}
	stable := plain.fields["backendRefs"].([]any)[0].(map[string]any)
	weight, total, err := t.weights(canary)
	if err != nil {
		return nil, err
	}
	all := t.byHeader(plain, canary, stable, backend)
	if weight > 0 {
		stable, backend = maps.Clone(stable), maps.Clone(backend)
		stable["weight"], backend["weight"] = max(total-weight, 0), min(weight, total)
		plain.fields["backendRefs"] = []any{stable, backend}
	}
	t.otherCanaryAnnotations(canary)
	return append(all, plain), nil
}

// heaviest is the largest weight of a backendRef.
const heaviest = 1_000_000

// weights of a canary Ingress; both absent mean 0 of 100.
func (t *translation) weights(canary *networkingv1.Ingress) (weight, total int64, err error) {
	total = 100
	for key, into := range map[string]*int64{"canary-weight": &weight, "canary-weight-total": &total} {
		text, set := canary.Annotations[t.prefix()+key]
		if !set {
			continue
		}
		if *into, err = strconv.ParseInt(text, 10, 32); err != nil || *into < 0 || *into > heaviest {
			return 0, 0, terminal.Fail("Ingress %q: annotation %s is %q, and should be a whole number from 0 to %d", canary.Name, t.prefix()+key, text, heaviest)
		}
	}
	return weight, total, nil
}

// byHeader makes the rules for a header that decides. They need no place before the others: the match with more in it wins.
func (t *translation) byHeader(plain rule, canary *networkingv1.Ingress, stable, backend map[string]any) []rule {
	at := func(key string) string { return canary.Annotations[t.prefix()+key] }
	header := at("canary-by-header")
	if header == "" {
		return nil
	}
	with := func(kind, value string, to map[string]any) rule {
		fields := maps.Clone(plain.fields)
		match := maps.Clone(fields["matches"].([]any)[0].(map[string]any))
		match["headers"] = one(map[string]any{"type": kind, "name": header, "value": value})
		fields["matches"], fields["backendRefs"] = one(match), one(to)
		return rule{fields: fields}
	}
	value, pattern := at("canary-by-header-value"), at("canary-by-header-pattern")
	switch {
	case value != "":
		return []rule{with("Exact", value, backend)}
	case pattern != "":
		t.note("%scanary-by-header-pattern of Ingress %s: not every Gateway knows regular expressions, and their dialects differ", t.prefix(), canary.Name)
		return []rule{with("RegularExpression", pattern, backend)}
	}
	return []rule{with("Exact", "always", backend), with("Exact", "never", stable)}
}

// otherCanaryAnnotations names what a canary Ingress says besides.
func (t *translation) otherCanaryAnnotations(canary *networkingv1.Ingress) {
	known := []string{"canary", "canary-weight", "canary-weight-total", "canary-by-header", "canary-by-header-value", "canary-by-header-pattern"}
	t.notCarried(canary, known)
}
