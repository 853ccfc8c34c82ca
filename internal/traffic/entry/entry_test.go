package entry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

func TestReading(t *testing.T) {
	object := map[string]any{"spec": map[string]any{"list": []any{map[string]any{"name": "a"}, "no map", nil}, "text": "x", "number": 2.0}}
	cases := map[string]struct{ got, want any }{
		"what is there":                 {entry.Text(object, "spec", "text"), "x"},
		"what is not text":              {entry.Text(object, "spec", "number"), ""},
		"a path through what is no map": {entry.At(object, "spec", "text", "deeper"), nil},
		"entries keep their places":     {entry.Lists(object, "spec", "list"), []map[string]any{{"name": "a"}, nil, nil}},
		"a list that is not there":      {entry.Lists(object, "spec", "none"), []map[string]any{}},
		"a number decoded as floating":  {entry.Number(entry.At(object, "spec", "number")), int64(2)},
		"a number of Go":                {entry.Number(3), int64(3)},
		"no number":                     {entry.Number("3"), int64(0)},
		"numbers of two forms":          {entry.Same(map[string]any{"n": 2.0}, map[string]any{"n": int64(2)}), true},
		"other numbers":                 {entry.Same(2, 3), false},
		"what JSON cannot say":          {entry.Same(func() {}, func() {}), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

func TestSetNumber(t *testing.T) {
	got := map[string]any{"same": 10.0, "other": 10.0}
	entry.SetNumber(got, "same", 10)
	entry.SetNumber(got, "other", 20)
	entry.SetNumber(got, "absent", 0)
	if diff := cmp.Diff(map[string]any{"same": 10.0, "other": int64(20), "absent": int64(0)}, got); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
}

func TestOnly(t *testing.T) {
	all := []map[string]any{{"name": "a"}, nil, {"name": "b"}, {"name": "b"}}
	for name, want := range map[string]int{"a": 1, "b": 2, "c": 0} {
		got, count := entry.Only(all, func(e map[string]any) bool { return e["name"] == name })
		if count != want || (got != nil) != (want == 1) {
			t.Errorf("%s: %v, %d of them", name, got, count)
		}
	}
}

func TestPercent(t *testing.T) {
	ro := &v1alpha1.Rollout{}
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{CanaryService: "canary", StableService: "stable"}
	share := func(service string, weight int32) traffic.Destination {
		return traffic.Destination{Service: service, Weight: weight}
	}
	cases := map[string]struct{ want, percent traffic.Routing }{
		"a percentage stays": {
			traffic.Routing{Total: 100, Canary: share("ping", 10), Stable: share("pong", 90)},
			traffic.Routing{Total: 100, Canary: share("ping", 10), Stable: share("pong", 90)},
		},
		"a finer whole is rounded, stable has the rest": {
			traffic.Routing{Total: 1000, Canary: share("", 125), Stable: share("", 825), Additional: []traffic.Destination{share("exp", 50)}},
			traffic.Routing{Total: 100, Canary: share("canary", 13), Stable: share("stable", 82), Additional: []traffic.Destination{share("exp", 5)}},
		},
		"no whole is 100": {
			traffic.Routing{Canary: share("", 100)},
			traffic.Routing{Total: 100, Canary: share("canary", 100), Stable: share("stable", 0)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.percent, entry.Percent(ro, c.want)); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

func TestRouting(t *testing.T) {
	if entry.Routing(&v1alpha1.Rollout{}) != nil {
		t.Error("a Rollout without a strategy has no routers")
	}
}
