package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// difference collects what turns one JSON value into another, and by path what must still be there for that to be right.
type difference struct {
	operations []operation
	guards     map[string]any
}

func (d *difference) values(path string, before, after any) {
	if equal(before, after) {
		return
	}
	if from, to, ok := both[map[string]any](before, after); ok {
		d.maps(path, from, to)
		return
	}
	if from, to, ok := both[[]any](before, after); ok {
		d.lists(path, from, to)
		return
	}
	d.guards[path] = before
	d.do("replace", path, after)
}

// maps guards an addition with null, which stands for "still absent" in the patch libraries that Kubernetes uses.
func (d *difference) maps(path string, before, after map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		at := path + "/" + escaped(key)
		value, ok := after[key]
		if ok {
			d.values(at, before[key], value)
			continue
		}
		d.guards[at] = before[key]
		d.operations = append(d.operations, operation{Op: "remove", Path: at})
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[key]; ok {
			continue
		}
		at := path + "/" + escaped(key)
		d.guards[at] = nil
		d.do("add", at, after[key])
	}
}

// lists edits the entries that stay, then removes from the end, then inserts from the front: so every index means what it says.
func (d *difference) lists(path string, before, after []any) {
	pairs := aligned(before, after)
	stays, known := map[int]bool{}, map[int]bool{}
	for _, p := range pairs {
		stays[p.before], known[p.after] = true, true
		if !equal(before[p.before], after[p.after]) {
			d.guardEntry(path, before, p.before)
			d.values(fmt.Sprintf("%s/%d", path, p.before), before[p.before], after[p.after])
		}
	}
	for i, b := range slices.Backward(before) {
		if stays[i] {
			continue
		}
		at := fmt.Sprintf("%s/%d", path, i)
		d.guards[at] = b
		d.operations = append(d.operations, operation{Op: "remove", Path: at})
	}
	for i := range after {
		if known[i] {
			continue
		}
		d.guardGap(path, before, gap(pairs, i))
		d.do("add", fmt.Sprintf("%s/%d", path, i), after[i])
	}
}

// guardGap holds the place of an insertion: the entry after it must be there still, or, at the end, the list must not have grown.
// It also makes a repeated patch fail where the first one was written although its answer was lost.
func (d *difference) guardGap(path string, list []any, next int) {
	if next >= len(list) {
		d.guards[path] = list
		return
	}
	d.guardEntry(path, list, next)
	if next > 0 {
		d.guardEntry(path, list, next-1)
	}
}

// guardEntry holds a list entry by its identity; one that has none, or shares it as Services of two namespaces do, by all of it.
func (d *difference) guardEntry(path string, list []any, i int) {
	at := fmt.Sprintf("%s/%d", path, i)
	key, value := identity(list[i])
	if key == "" || namesakes(list, list[i]) > 1 {
		d.guards[at] = list[i]
		return
	}
	d.guards[at+"/"+key] = value
}

// namesakes is how many entries of a list have the identity of one.
func namesakes(list []any, entry any) int {
	count := 0
	key, value := identity(entry)
	for _, other := range list {
		if k, v := identity(other); k == key && equal(v, value) {
			count++
		}
	}
	return count
}

func (d *difference) do(op, path string, value any) {
	d.operations = append(d.operations, operation{Op: op, Path: path, Value: &value})
}

// identity returns the field that tells a list entry from its neighbours; an empty key when it has none.
func identity(entry any) (key string, value any) {
	fields, ok := entry.(map[string]any)
	if !ok {
		return "", nil
	}
	for _, key := range []string{"name", "destination"} {
		if value, ok := fields[key]; ok {
			return key, value
		}
	}
	return "", nil
}

func both[T any](a, b any) (T, T, bool) {
	first, ok := a.(T)
	second, alike := b.(T)
	return first, second, ok && alike
}

func escaped(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
