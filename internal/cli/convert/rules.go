package convert

import (
	"cmp"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// rules of one host, in the order of its paths.
func (t *translation) rules(host string, paths []networkingv1.HTTPIngressPath) ([]rule, error) {
	var all []rule
	if root := t.annotation("app-root"); root != "" && len(paths) > 0 {
		all = append(all, rule{fields: map[string]any{"matches": one(match("Exact", "/")), "filters": one(toPath(root))}})
	}
	for _, path := range paths {
		made, err := t.path(host, path)
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}

// path makes one rule, and one more before it for each header that decides by itself.
func (t *translation) path(host string, path networkingv1.HTTPIngressPath) ([]rule, error) {
	redirect := t.redirect()
	if redirect == nil && path.Backend.Service == nil {
		t.note("path %s of host %s leads to a resource that is no Service: it is left out. In its place: a rule whose backendRefs name the resource, where the Gateway knows its kind", cmp.Or(path.Path, "/"), cmp.Or(host, "*"))
		return nil, nil
	}
	shape := t.shape(path)
	if shape.match == nil {
		return nil, nil
	}
	if redirect != nil {
		return []rule{{fields: map[string]any{"matches": one(shape.match), "filters": one(redirect)}}}, nil
	}
	stable, err := t.backend(path.Backend.Service)
	if err != nil {
		return nil, err
	}
	plain := rule{fields: map[string]any{"matches": one(shape.match), "backendRefs": one(stable)}}
	if filters := t.filters(shape); len(filters) > 0 {
		plain.fields["filters"] = filters
	}
	canary, to := t.canaryFor(host, path)
	switch ro := t.rolloutOf(path.Backend.Service.Name); {
	case ro != nil && canary != nil:
		t.note("Ingress %s is a canary beside the one of Rollout %s, and nginx heeds one of the two: it is left out. Delete it, if nothing needs it", canary.Name, ro.Name)
		fallthrough
	case ro != nil:
		return t.weighed(plain, path, ro)
	case canary != nil:
		return t.divided(plain, canary, to)
	}
	return []rule{plain}, nil
}

// rolloutOf is the Rollout whose stable Service that is.
func (t *translation) rolloutOf(service string) *v1alpha1.Rollout {
	at := slices.IndexFunc(t.rollouts, func(ro v1alpha1.Rollout) bool { return ro.Spec.Strategy.Canary.StableService == service })
	if at < 0 {
		return nil
	}
	return &t.rollouts[at]
}

// weighed leads to both Services of a Rollout, which sets the weights.
func (t *translation) weighed(plain rule, path networkingv1.HTTPIngressPath, ro *v1alpha1.Rollout) ([]rule, error) {
	port := path.Backend.Service.Port
	canary, err := t.backend(&networkingv1.IngressServiceBackend{Name: ro.Spec.Strategy.Canary.CanaryService, Port: port})
	if err != nil {
		return nil, err
	}
	stable := maps.Clone(plain.fields["backendRefs"].([]any)[0].(map[string]any))
	stable["weight"], canary["weight"] = int64(100), int64(0)
	plain.fields["backendRefs"] = []any{stable, canary}
	plain.rollout = ro.Name
	for _, other := range t.others {
		if weight := other.Annotations[t.prefix()+"canary-weight"]; t.byRollout(&other) && t.canaryOf(&other) && weight != "" && weight != "0" {
			t.note("Ingress %s has canary-weight %s: an update is under way. Wait for its end before you apply this", other.Name, weight)
		}
	}
	return []rule{plain}, nil
}

// backend is a backendRef without a weight.
func (t *translation) backend(service *networkingv1.IngressServiceBackend) (map[string]any, error) {
	port, err := t.port(service)
	return map[string]any{"name": service.Name, "port": port}, err
}

func (t *translation) port(service *networkingv1.IngressServiceBackend) (int64, error) {
	if service.Port.Name == "" {
		return int64(service.Port.Number), nil
	}
	found := t.services[service.Name]
	if found == nil {
		return 0, terminal.Fail("Ingress %q leads to port %q of Service %q, which is not there: an HTTPRoute needs the port's number", t.ingress.Name, service.Port.Name, service.Name)
	}
	for _, port := range found.Spec.Ports {
		if port.Name == service.Port.Name {
			return int64(port.Port), nil
		}
	}
	return 0, terminal.Fail("Service %q has no port %q, to which Ingress %q leads: correct the name, an HTTPRoute needs the port's number", service.Name, service.Port.Name, t.ingress.Name)
}

func one(entry map[string]any) []any { return []any{entry} }

// match of a path.
func match(kind, value string) map[string]any {
	return map[string]any{"path": map[string]any{"type": kind, "value": value}}
}
