package gatewayapi

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// unsupported are the steps that need a feature which the class of a Gateway does not list. A gateway may accept such a route and answer its
// requests with errors, so this has to be known before. A class that lists none, as older ones do, tells nothing.
func (r Renderer) unsupported(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	var all []traffic.Finding
	told := map[string]bool{}
	for _, named := range v1alpha1.GatewayAPIRoutes(ro) {
		object := traffic.Find(found, r.ref(named).Empty())
		if object == nil || !matchesRequests(named.Kind) {
			continue
		}
		wanted := needs(ro, seen(ro, named, object))
		for _, p := range parents(object) {
			class := r.classOf(p, found)
			for _, need := range lacked(wanted, features(class)) {
				key := fmt.Sprint(class.GetName(), need)
				if !told[key] {
					told[key] = true
					all = append(all, r.lacking(class, need))
				}
			}
		}
	}
	return all
}

func (r Renderer) lacking(class *unstructured.Unstructured, need need) traffic.Finding {
	return traffic.Finding{
		Code: notSupported, Blocks: true, Field: stepPath(need.step, need.kind),
		Object: traffic.Ref{GroupVersionKind: r.kind("GatewayClass"), Name: class.GetName()}, Path: "status.supportedFeatures",
		Text: fmt.Sprintf("does not list %s, which steps[%d].%s needs %s; its gateways may answer errors in place of the requests: %s",
			need.feature, need.step, need.kind, need.why, need.out),
	}
}

// need is a feature that a step asks for.
type need struct {
	step                    int
	kind, feature, why, out string
}

// lacked are the needs that a class does not meet. One that lists a feature of a kind of route, and not the kind, has the kind all the same.
func lacked(wanted []need, listed []string) []need {
	if len(listed) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(n need) bool {
		return slices.ContainsFunc(listed, func(feature string) bool {
			return feature == n.feature || (matchesRequests(n.feature) && strings.HasPrefix(feature, n.feature))
		})
	})
}

const (
	// without is the way out where a step cannot be had in another form.
	without                = "take the step out, or use a class that can"
	headerStep, mirrorStep = "setHeaderRoute", "setMirrorRoute"
)

// needs are the features that the steps ask of a route's gateways. To match headers is part of a kind of route; to mirror is not, and of
// GRPCRoutes it has no name.
func needs(ro *v1alpha1.Rollout, r *route) []need {
	var all []need
	for i, step := range ro.Spec.Strategy.Canary.Steps {
		if header := step.SetHeaderRoute; header != nil && len(header.Match) > 0 && r.named.UseHeaderRoutes {
			all = append(all, need{i, headerStep, r.named.Kind, "to match headers", without})
		}
		if mirror := step.SetMirrorRoute; mirror != nil && len(mirror.Match) > 0 && r.named.Kind == httpRoute {
			all = append(all, r.needsToMirror(i, mirror)...)
		}
	}
	return all
}

func (r *route) needsToMirror(step int, mirror *v1alpha1.SetMirrorRoute) []need {
	all := []need{{step, mirrorStep, "HTTPRouteRequestMirror", "to mirror requests", without}}
	if v1alpha1.MirrorPercentage(mirror) < 100 {
		all = append(all, need{step, mirrorStep, "HTTPRouteRequestPercentageMirror", "for its percentage", "leave the percentage out, or use a class that can"})
	}
	if slices.ContainsFunc(mirror.Match, func(m v1alpha1.RouteMatch) bool { return m.Method != nil }) {
		all = append(all, need{step, mirrorStep, "HTTPRouteMethodMatching", "to match a method", "match by path or header, or use a class that can"})
	}
	if r.mirrors() {
		all = append(all, need{step, mirrorStep, "HTTPRouteRequestMultipleMirrors", "beside the RequestMirror that a rule has already", without})
	}
	return all
}

// mirrors tells whether one of the rules to be mirrored mirrors requests already. A route without such rules is an error elsewhere.
func (r *route) mirrors() bool {
	ours, _ := r.ourRules()
	rules := entry.Lists(r.object.Object, "spec", "rules")
	return slices.ContainsFunc(ours, func(i int) bool {
		return slices.ContainsFunc(entry.Lists(rules[i], "filters"), func(f map[string]any) bool { return entry.Text(f, "type") == "RequestMirror" })
	})
}

// classOf is the class of a Gateway; nil when the parent is none, or is not known.
func (r Renderer) classOf(p parent, found []*unstructured.Unstructured) *unstructured.Unstructured {
	if p.kind != "Gateway" || p.group != Group {
		return nil
	}
	gateway := traffic.Find(found, traffic.Ref{GroupVersionKind: r.kind("Gateway"), Namespace: p.namespace, Name: p.name}.Empty())
	if gateway == nil {
		return nil
	}
	name, _, _ := unstructured.NestedString(gateway.Object, "spec", "gatewayClassName")
	return traffic.Find(found, traffic.Ref{GroupVersionKind: r.kind("GatewayClass"), Name: name}.Empty())
}

// features are those that a class lists: as objects with a name, or as names alone, which is the older form.
func features(class *unstructured.Unstructured) []string {
	if class == nil {
		return nil
	}
	var all []string
	for _, listed := range entry.List(class.Object, "status", "supportedFeatures") {
		switch feature := listed.(type) {
		case string:
			all = append(all, feature)
		case map[string]any:
			all = append(all, entry.Text(feature, "name"))
		}
	}
	return all
}
