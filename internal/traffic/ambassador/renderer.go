package ambassador

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

const (
	// experimental is the group in which the kind has another name.
	experimental = "x.getambassador.io"
	suffix       = "-canary"
)

var mappingsPath = field.NewPath("spec", "strategy", "canary", "trafficRouting", "ambassador", "mappings")

// Renderer writes one canary Mapping for each Mapping of the user.
type Renderer struct {
	// APIVersion is a version, or group/version; empty means getambassador.io/v2.
	APIVersion string
}

var _ traffic.Renderer = Renderer{}

// Objects names each Mapping of the user, which is only read, and behind it its canary Mapping.
func (r Renderer) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	var refs []traffic.Ref
	for _, m := range r.mappings(ro) {
		refs = append(refs, m.base, m.canary)
	}
	return refs
}

// Claims are the canary Mappings, whole.
func (r Renderer) Claims(ro *v1alpha1.Rollout) []traffic.Claim {
	var claims []traffic.Claim
	for _, m := range r.mappings(ro) {
		claims = append(claims, traffic.Claim{Ref: m.canary, Part: traffic.AnyPart})
	}
	return claims
}

// Render returns the canary Mappings while the canary gets requests, and those under their names that are not ours.
func (r Renderer) Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) ([]*unstructured.Unstructured, error) {
	want = percent(ro, want)
	var all []*unstructured.Unstructured
	for _, m := range r.mappings(ro) {
		object, err := m.render(ro, found, want)
		if err != nil {
			return nil, err
		}
		if object != nil {
			all = append(all, object)
		}
	}
	return all, nil
}

func percent(ro *v1alpha1.Rollout, want traffic.Routing) traffic.Routing {
	if routing(ro) == nil {
		return want
	}
	return entry.Percent(ro, want)
}

// mapping is one Mapping of the spec, its canary Mapping, and the place where it is named.
type mapping struct {
	base, canary traffic.Ref
	path         *field.Path
}

func (r Renderer) mappings(ro *v1alpha1.Rollout) []mapping {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	var all []mapping
	for i, name := range spec.Mappings {
		if name == "" {
			continue // refused by validation
		}
		base := traffic.Ref{GroupVersionKind: r.kind(), Namespace: ro.Namespace, Name: name}
		canary := base
		canary.Name, canary.Ours = name[:min(len(name), 253-len(suffix))]+suffix, true
		all = append(all, mapping{base, canary, mappingsPath.Index(i)})
	}
	return all
}

func (m mapping) render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want traffic.Routing) (*unstructured.Unstructured, error) {
	before := traffic.Find(found, m.canary.Empty())
	if want.Canary.Weight == 0 && before != nil && metav1.IsControlledBy(before, ro) {
		return nil, nil // whatever became of the user's Mapping meanwhile
	}
	spec, err := m.spec(traffic.Find(found, m.base.Empty()), want)
	if err != nil {
		return nil, err
	}
	taken := before != nil && !metav1.IsControlledBy(before, ro) && !leftOver(before, spec)
	switch {
	case want.Canary.Weight == 0 && taken:
		return before.DeepCopy(), nil // it stays: it is none of ours
	case want.Canary.Weight == 0:
		return nil, nil
	case taken:
		return nil, m.invalid("Mapping `%s` belongs to somebody else: delete or rename it, the Rollout makes its own under that name", m.canary.Name)
	}
	object := m.canary.Empty()
	if before != nil {
		object = before.DeepCopy()
	}
	if !metav1.IsControlledBy(object, ro) {
		object.SetOwnerReferences(append(object.GetOwnerReferences(), *metav1.NewControllerRef(ro, v1alpha1.RolloutGVK)))
	}
	if !entry.Same(object.Object["spec"], spec) {
		object.Object["spec"] = spec
	}
	return object, nil
}

// spec is that of the user's Mapping, leading to the canary.
func (m mapping) spec(base *unstructured.Unstructured, want traffic.Routing) (map[string]any, error) {
	if base == nil {
		return nil, m.invalid("Ambassador mapping %q not found: create it in namespace %q, or correct the name", m.base.Name, m.base.Namespace)
	}
	fields, _ := base.Object["spec"].(map[string]any)
	if _, ok := fields["weight"]; ok {
		return nil, m.invalid("Ambassador mapping %q can not define weight: remove spec.weight, the canary Mapping gets one", m.base.Name)
	}
	service, ok := renamed(entry.Text(fields, "service"), want.Stable.Service, want.Canary.Service)
	if !ok {
		return nil, m.invalid("Ambassador mapping %q leads to %q, not to the stable Service: let its spec.service name %s", m.base.Name, entry.Text(fields, "service"), want.Stable.Service)
	}
	spec := runtime.DeepCopyJSON(fields)
	spec["service"], spec["weight"] = service, int64(want.Canary.Weight)
	return spec, nil
}

func (m mapping) invalid(text string, args ...any) error {
	return field.Invalid(m.path, m.base.Name, fmt.Sprintf(text, args...))
}

// renamed puts one Service in the place of another in an address such as https://web.shop:8443. Part of a longer name is another Service.
func renamed(address, from, to string) (string, bool) {
	whole := regexp.MustCompile(`(^|[^a-z0-9-])` + regexp.QuoteMeta(from) + `($|[^a-z0-9-])`)
	at := whole.FindStringSubmatchIndex(address)
	if at == nil || from == "" {
		return "", false
	}
	return address[:at[3]] + to + address[at[4]:], true
}

// leftOver tells whether a Mapping that nobody controls is a canary Mapping that another controller of this API left behind: those have no
// owner. The weight tells it from a Mapping that a person made to reach the canary.
func leftOver(object *unstructured.Unstructured, spec map[string]any) bool {
	fields, _ := object.Object["spec"].(map[string]any)
	_, weighted := fields["weight"]
	return metav1.GetControllerOf(object) == nil && weighted && entry.Text(fields, "service") == spec["service"]
}

func routing(ro *v1alpha1.Rollout) *v1alpha1.AmbassadorTrafficRouting {
	if spec := entry.Routing(ro); spec != nil {
		return spec.Ambassador
	}
	return nil
}

func (r Renderer) kind() schema.GroupVersionKind {
	group, version, whole := strings.Cut(cmp.Or(r.APIVersion, "v2"), "/")
	if !whole {
		group, version = "getambassador.io", group
	}
	kind := "Mapping"
	if group == experimental {
		kind = "AmbassadorMapping"
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}
