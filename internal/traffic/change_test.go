package traffic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	olderpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"
)

func object(t tester, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte("kind: VirtualService\nmetadata: {name: web}\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := json.Unmarshal(raw, &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// applied patches a document with both libraries that Kubernetes uses; they must agree.
func applied(t tester, document map[string]any, patch []byte) (map[string]any, error) {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	older, err := olderpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	got, err := newer.Apply(raw)
	other, otherErr := older.Apply(raw)
	if (err == nil) != (otherErr == nil) {
		t.Fatalf("one library says %v, the other %v, of %s on %s", err, otherErr, patch, raw)
	}
	if err != nil {
		return nil, err
	}
	var first, second map[string]any
	if err := json.Unmarshal(got, &first); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(other, &second); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Fatalf("the two libraries differ: %s", diff)
	}
	return first, nil
}

func TestNewChange(t *testing.T) {
	before := object(t, "spec: {a: 1}")
	if change := NewChange(before, before.DeepCopy()); change != nil {
		t.Errorf("equal objects give %v", change)
	}
	if change := NewChange(before, object(t, "spec: {a: 2}")); change == nil {
		t.Error("different objects give nothing")
	}
	creation := NewChange(nil, before)
	if creation == nil {
		t.Fatal("a new object gives nothing")
	}
	if patch, err := creation.Patch(); err == nil {
		t.Errorf("a creation has the patch %s", patch)
	}
}

const shared = `
spec:
  http:
  - {name: theirs, route: [{destination: {host: x}, weight: 100}]}
  - name: ours
    route:
    - {destination: {host: stable}, weight: 100}
    - {destination: {host: canary}, weight: 0}
  - {name: last, timeout: 5s}
`

func oursTo(weight int) func(map[string]any) {
	return func(spec map[string]any) {
		for _, raw := range spec["http"].([]any) {
			if route := raw.(map[string]any); route["name"] == "ours" {
				to := route["route"].([]any)
				to[0].(map[string]any)["weight"], to[1].(map[string]any)["weight"] = float64(100-weight), float64(weight)
			}
		}
	}
}

func header(spec map[string]any) {
	spec["http"] = slices.Insert(spec["http"].([]any), 0, route("header"))
}

func route(name string) any { return map[string]any{"name": name} }

// TestPatchMeetsAnotherWriter edits an object between our read and our write.
func TestPatchMeetsAnotherWriter(t *testing.T) {
	cases := map[string]struct {
		ours, theirs func(spec map[string]any)
		refused      bool
	}{
		"nobody writes":                         {ours: oursTo(10), theirs: func(map[string]any) {}},
		"another route changes":                 {ours: oursTo(10), theirs: func(s map[string]any) { at(s, 2)["timeout"] = "9s" }},
		"another route is appended":             {ours: oursTo(10), theirs: func(s map[string]any) { s["http"] = append(s["http"].([]any), route("new")) }},
		"another field changes":                 {ours: oursTo(10), theirs: func(s map[string]any) { s["hosts"] = []any{"web"} }},
		"a header route of ours meets a change": {ours: header, theirs: func(s map[string]any) { at(s, 2)["timeout"] = "9s" }},
		"a route is inserted before ours":       {ours: oursTo(10), theirs: header, refused: true},
		"a route before ours is removed":        {ours: oursTo(10), theirs: func(s map[string]any) { s["http"] = s["http"].([]any)[1:] }, refused: true},
		"our own weight changes":                {ours: oursTo(10), theirs: oursTo(20), refused: true},
		"our route is renamed":                  {ours: oursTo(10), theirs: func(s map[string]any) { at(s, 1)["name"] = "other" }, refused: true},
		"a destination is inserted before ours": {ours: oursTo(10), theirs: func(s map[string]any) {
			r := at(s, 1)
			r["route"] = slices.Insert(r["route"].([]any), 0, any(map[string]any{"destination": map[string]any{"host": "z"}}))
		}, refused: true},
		"the list is gone":                            {ours: oursTo(10), theirs: func(s map[string]any) { delete(s, "http") }, refused: true},
		"our first write got through unnoticed":       {ours: header, theirs: header, refused: true},
		"a key that we add was added":                 {ours: func(s map[string]any) { s["hosts"] = []any{"a"} }, theirs: func(s map[string]any) { s["hosts"] = []any{"b"} }, refused: true},
		"a key that we remove was changed":            {ours: func(s map[string]any) { delete(at(s, 2), "timeout") }, theirs: func(s map[string]any) { at(s, 2)["timeout"] = "9s" }, refused: true},
		"a route that we remove was changed":          {ours: func(s map[string]any) { s["http"] = s["http"].([]any)[1:] }, theirs: func(s map[string]any) { at(s, 0)["timeout"] = "9s" }, refused: true},
		"we append where another writer appended":     {ours: func(s map[string]any) { s["http"] = append(s["http"].([]any), route("a")) }, theirs: func(s map[string]any) { s["http"] = append(s["http"].([]any), route("b")) }, refused: true},
		"we insert in the middle and another appends": {ours: func(s map[string]any) { s["http"] = slices.Insert(s["http"].([]any), 1, route("a")) }, theirs: func(s map[string]any) { s["http"] = append(s["http"].([]any), route("b")) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := object(t, shared)
			after, live := before.DeepCopy(), before.DeepCopy()
			c.ours(spec(after))
			c.theirs(spec(live))
			patch, err := NewChange(before, after).Patch()
			if err != nil {
				t.Fatal(err)
			}
			got, err := applied(t, live.Object, patch)
			if c.refused {
				if err == nil {
					t.Fatalf("the patch was not refused: %s\ngave %v", patch, got)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %s", err, patch)
			}
			c.ours(spec(live))
			if diff := cmp.Diff(live.Object, got); diff != "" {
				t.Errorf("an edit was lost (-both edits +patched):\n%s", diff)
			}
		})
	}
}

func spec(o *unstructured.Unstructured) map[string]any { return o.Object["spec"].(map[string]any) }

func at(spec map[string]any, i int) map[string]any { return spec["http"].([]any)[i].(map[string]any) }

// TestPatchGivesAfter tries any two JSON values against each other.
func TestPatchGivesAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := map[string]any{"metadata": map[string]any{"name": "web"}, "spec": anyValue(t, 4)}
		after := runtime.DeepCopyJSON(before)
		if rapid.Bool().Draw(t, "unrelated") {
			after["spec"] = anyValue(t, 4)
		} else {
			after["spec"] = mutated(t, after["spec"])
		}
		change := NewChange(&unstructured.Unstructured{Object: before}, &unstructured.Unstructured{Object: after})
		if change == nil {
			return
		}
		patch, err := change.Patch()
		if err != nil {
			t.Fatal(err)
		}
		got, err := applied(t, before, patch)
		if err != nil {
			t.Fatalf("%v: %s", err, patch)
		}
		if diff := cmp.Diff(after, got); diff != "" {
			t.Fatalf("(-after +patched) %s\n%s", diff, patch)
		}
		again, err := change.Patch()
		if err != nil || string(again) != string(patch) {
			t.Fatalf("a second patch differs: %s\n%s", patch, again)
		}
	})
}

func anyValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	switch {
	case kind == 0:
		return rapid.SampledFrom([]any{"a", "b", true}).Draw(t, "word")
	case kind == 1 || depth == 0:
		return float64(rapid.IntRange(0, 3).Draw(t, "number"))
	case kind < 5:
		return anyList(t, depth)
	}
	all := map[string]any{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"name", "destination", "weight", "a/b", "c~d"}), 0, 4, rapid.ID).Draw(t, "keys") {
		all[key] = anyValue(t, depth-1)
	}
	return all
}

func anyList(t *rapid.T, depth int) any {
	all := []any{}
	for range rapid.IntRange(0, 5).Draw(t, "length") {
		all = append(all, anyValue(t, depth-1))
	}
	return all
}

func mutated(t *rapid.T, value any) any {
	list, ok := value.([]any)
	if !ok {
		return anyValue(t, 3)
	}
	list = slices.Clone(list)
	for range rapid.IntRange(1, 3).Draw(t, "edits") {
		i := rapid.IntRange(0, len(list)).Draw(t, "place")
		if i < len(list) && rapid.Bool().Draw(t, "remove") {
			list = slices.Delete(list, i, i+1)
			continue
		}
		list = slices.Insert(list, i, anyValue(t, 2))
	}
	return list
}

func TestPatchOfAnInsertionLeavesTheOthersAlone(t *testing.T) {
	before := object(t, shared)
	after := before.DeepCopy()
	header(spec(after))
	patch, err := NewChange(before, after).Patch()
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"op":"test","path":"/spec/http/0/name","value":"theirs"},{"op":"add","path":"/spec/http/0","value":{"name":"header"}}]`
	if diff := cmp.Diff(want, string(patch)); diff != "" {
		t.Error(diff)
	}
}

func TestPatchOfLongLists(t *testing.T) {
	before, after := object(t, "spec: {}"), object(t, "spec: {}")
	for i := range 500 {
		spec(before)["http"] = append(list(spec(before)["http"]), route(fmt.Sprint("r", i)))
	}
	spec(after)["http"] = slices.Insert(slices.Clone(list(spec(before)["http"])), 250, route("new"))
	patch, err := NewChange(before, after).Patch()
	if err != nil {
		t.Fatal(err)
	}
	if operations := strings.Count(string(patch), `"op"`); operations != 3 {
		t.Errorf("%d operations: %s", operations, patch)
	}
}

func list(value any) []any {
	all, _ := value.([]any)
	return all
}

// TestPatchTellsNamesakesApart: the entry that moved into our place has our name, and is another one.
func TestPatchTellsNamesakesApart(t *testing.T) {
	const namesakes = "spec: {services: [{name: last}, {name: web, weight: 1}, {name: web, namespace: edge}]}"
	before, after := object(t, namesakes), object(t, strings.Replace(namesakes, "weight: 1", "weight: 2", 1))
	patch, err := NewChange(before, after).Patch()
	if err != nil {
		t.Fatal(err)
	}
	for cluster, stands := range map[string]bool{namesakes: true, "spec: {services: [{name: web, weight: 1}, {name: web, namespace: edge, weight: 1}]}": false} {
		_, err := applied(t, object(t, cluster).Object, patch)
		if (err == nil) != stands {
			t.Errorf("%s: error %v\n%s", cluster, err, patch)
		}
	}
}
