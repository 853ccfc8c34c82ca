package gatewayapi_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
)

// Here a gateway chooses rules for requests, by what the Gateway API says about precedence and nothing else.

type request struct {
	path, method string
	headers      []string // all of them have the value 1
}

func (q request) meets(match map[string]any) bool {
	kind, value := pathIn(match)
	prefix := strings.TrimSuffix(value, "/")
	if q.path != value && (kind == "Exact" || q.path != prefix && !strings.HasPrefix(q.path, prefix+"/")) {
		return false
	}
	if method := match["method"]; method != nil && method != q.method {
		return false
	}
	headers, _ := match["headers"].([]any)
	return !slices.ContainsFunc(headers, func(h any) bool { return !slices.Contains(q.headers, h.(map[string]any)["name"].(string)) })
}

type pathMatch struct{ kind, value string }

func pathIn(match map[string]any) (kind, value string) {
	path, ok := match["path"].(map[string]any)
	if !ok {
		return "PathPrefix", "/"
	}
	return path["type"].(string), path["value"].(string)
}

// chosen is the rule that a gateway takes for a request; nil when none matches.
func chosen(rules []map[string]any, q request) map[string]any {
	var best, rule map[string]any
	for _, candidate := range rules {
		for _, raw := range candidate["matches"].([]any) {
			match := raw.(map[string]any)
			if q.meets(match) && (best == nil || preferred(match, best)) {
				best, rule = match, candidate
			}
		}
	}
	return rule
}

func preferred(a, b map[string]any) bool {
	kindA, pathA := pathIn(a)
	kindB, pathB := pathIn(b)
	methodA, _ := a["method"].(string)
	methodB, _ := b["method"].(string)
	headersA, _ := a["headers"].([]any)
	headersB, _ := b["headers"].([]any)
	return cmp.Or(
		cmp.Compare(kindB, kindA), // Exact comes before PathPrefix
		cmp.Compare(len(pathA), len(pathB)),
		cmp.Compare(methodA, methodB), // there is none but GET
		cmp.Compare(len(headersA), len(headersB)),
	) > 0
}

// anyMatch asks for one of some paths, and perhaps for one thing more.
func anyMatch(t *rapid.T, paths []pathMatch, more string) map[string]any {
	path := rapid.SampledFrom(paths).Draw(t, "path")
	match := map[string]any{"path": map[string]any{"type": path.kind, "value": path.value}}
	if rapid.Bool().Draw(t, "with more") {
		match[more] = map[string]any{"method": "GET", "headers": []any{map[string]any{"type": "Exact", "name": "u", "value": "1"}}}[more]
	}
	return match
}

// anyUserRules are rules of ours, told apart by their ports; all but the first may be somebody else's. They ask for paths and a method, or for
// a header: where one asks for a path and another for a header, a copy may win over both.
func anyUserRules(t *rapid.T) []any {
	var all []any
	paths, more := []pathMatch{{"PathPrefix", "/"}, {"PathPrefix", "/a"}, {"PathPrefix", "/a/b"}, {"Exact", "/a"}, {"Exact", "/a/b"}}, "method"
	if rapid.Bool().Draw(t, "by header") {
		paths, more = []pathMatch{rapid.SampledFrom(paths).Draw(t, "the path")}, "headers"
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "rules") {
		port, refs := int64(80+i), []any{}
		for _, service := range []string{"a-stable", "a-canary"} {
			refs = append(refs, map[string]any{"name": service, "port": port})
		}
		if i > 0 && rapid.Bool().Draw(t, "of others") {
			refs = []any{map[string]any{"name": "other", "port": port}}
		}
		matches := []any{anyMatch(t, paths, more)}
		if rapid.Bool().Draw(t, "two matches") {
			matches = append(matches, anyMatch(t, paths, more))
		}
		all = append(all, map[string]any{"matches": matches, "backendRefs": refs})
	}
	return all
}

func anyWishes(t *rapid.T) traffic.Routing {
	one := v1alpha1.StringMatch{Exact: "1"}
	header := v1alpha1.SetHeaderRoute{Name: "a-hdr", Match: []v1alpha1.HeaderRoutingMatch{{HeaderName: "h", HeaderValue: &one}}}
	second := v1alpha1.SetHeaderRoute{Name: "a-two", Match: []v1alpha1.HeaderRoutingMatch{{HeaderName: "g", HeaderValue: &one}, {HeaderName: "i", HeaderValue: &one}}}
	condition := v1alpha1.RouteMatch{}
	switch value := rapid.SampledFrom([]string{"/", "/a", "/a/b"}).Draw(t, "mirrored path"); rapid.IntRange(0, 2).Draw(t, "kind of mirrored path") {
	case 1:
		condition.Path = &v1alpha1.StringMatch{Prefix: value}
	case 2:
		condition.Path = &v1alpha1.StringMatch{Exact: value}
	}
	if rapid.Bool().Draw(t, "mirrored method") {
		condition.Method = &v1alpha1.StringMatch{Exact: "GET"}
	}
	if rapid.Bool().Draw(t, "mirrored header") {
		condition.Headers = map[string]v1alpha1.StringMatch{"m": one}
	}
	mirror := v1alpha1.SetMirrorRoute{Name: "a-mir", Match: []v1alpha1.RouteMatch{condition}}
	want := traffic.Routing{
		Total: 100, Canary: traffic.Destination{Weight: 10}, Stable: traffic.Destination{Weight: 90},
		Managed: rapid.Permutation([]string{"a-hdr", "a-two", "a-mir"}).Draw(t, "managed"),
	}
	want.Headers, want.Mirrors = []v1alpha1.SetHeaderRoute{header, second}, []v1alpha1.SetMirrorRoute{mirror}
	return want
}

// wished is the first managed route, in order, that a request is for; empty for none.
func wished(want traffic.Routing, q request) string {
	for _, name := range want.Managed {
		for _, h := range want.Headers {
			if h.Name == name && slices.ContainsFunc(h.Match, func(m v1alpha1.HeaderRoutingMatch) bool { return slices.Contains(q.headers, m.HeaderName) }) {
				return name
			}
		}
		for _, m := range want.Mirrors {
			if m.Name == name && mirrored(m.Match[0], q) {
				return name
			}
		}
	}
	return ""
}

func mirrored(m v1alpha1.RouteMatch, q request) bool {
	match := map[string]any{}
	if m.Path != nil && m.Path.Exact != "" {
		match["path"] = map[string]any{"type": "Exact", "value": m.Path.Exact}
	}
	if m.Path != nil && m.Path.Prefix != "" {
		match["path"] = map[string]any{"type": "PathPrefix", "value": m.Path.Prefix}
	}
	if m.Method != nil {
		match["method"] = m.Method.Exact
	}
	return q.meets(match) && (len(m.Headers) == 0 || slices.Contains(q.headers, "m"))
}

func anyRequest(t *rapid.T) request {
	q := request{
		path:   rapid.SampledFrom([]string{"/", "/a", "/a/b", "/a/b/c", "/ab"}).Draw(t, "path of the request"),
		method: rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method of the request"),
	}
	for _, name := range []string{"u", "h", "g", "i", "m"} {
		if rapid.Bool().Draw(t, "bears "+name) {
			q.headers = append(q.headers, name)
		}
	}
	return q
}

// TestRequestsGoWhereTheyAreMeantTo compares what a gateway makes of the rules with what was meant: the user's rule first, by the gateway's own
// order, then the first managed route that asks for the request. A request that other people's rules get stays theirs, unless a copy asks for
// more than they do.
func TestRequestsGoWhereTheyAreMeantTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": map[string]any{"name": "web", "namespace": "shop"},
			"spec": map[string]any{"rules": anyUserRules(t)},
		}}
		ro, want := owner("a"), anyWishes(t)
		ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes = nil // whatever finds no place
		after, err := gatewayapi.Renderer{}.Render(ro, []*unstructured.Unstructured{before}, want)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			q := anyRequest(t)
			users, got := chosen(rules(before), q), chosen(rules(after[0]), q)
			expect(t, want, q, users, got)
		}
	})
}

func expect(t *rapid.T, want traffic.Routing, q request, users, got map[string]any) {
	if users == nil || got == nil {
		if users != nil || got != nil {
			t.Fatalf("%v: the rule %v became %v", q, users, got)
		}
		return
	}
	name, _ := got["name"].(string)
	name, _, _ = strings.Cut(name, ".")
	if refs(users)["other"] != nil && name != "" {
		return // a copy that asks for more
	}
	meant := wished(want, q)
	if refs(users)["other"] != nil {
		meant = ""
	}
	if name != meant || port(users) != port(got) {
		t.Fatalf("%v: meant for %q on port %v, got %q on port %v\n%v", q, meant, port(users), name, port(got), got)
	}
}

// port tells rules apart, and copies by what they are copies of.
func port(rule map[string]any) any {
	return rule["backendRefs"].([]any)[0].(map[string]any)["port"]
}
