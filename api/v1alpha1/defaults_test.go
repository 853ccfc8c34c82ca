package v1alpha1

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// acting is what acts for a Rollout, in one value so that a table can show all of them.
type acting struct {
	Replicas, History, Deadline, Whole int32
	Surge, Missing                     string
	Delay, AbortDelay                  time.Duration
	AbortKept                          bool
}

func actingOf(ro *Rollout) acting {
	surge, missing := MaxSurge(ro), MaxUnavailable(ro)
	abort, limited := AbortScaleDownDelay(ro)
	return acting{
		Replicas: Replicas(ro), History: RevisionHistoryLimit(ro), Deadline: ProgressDeadlineSeconds(ro), Whole: MaxTrafficWeight(ro),
		Surge: surge.String(), Missing: missing.String(), Delay: ScaleDownDelay(ro), AbortDelay: abort, AbortKept: !limited,
	}
}

func TestDefaults(t *testing.T) {
	plain := acting{Replicas: 1, History: 10, Deadline: 600, Whole: 100, Surge: "25%", Missing: "25%", AbortDelay: 30 * time.Second}
	for name, c := range map[string]struct {
		spec   string
		change func(*acting)
	}{
		"a canary without routing keeps no old pods": {"strategy: {canary: {}}", func(*acting) {}},
		"a routed canary keeps them":                 {"strategy: {canary: {trafficRouting: {}}}", func(a *acting) { a.Delay = 30 * time.Second }},
		"blue-green keeps them":                      {"strategy: {blueGreen: {activeService: a}}", func(a *acting) { a.Delay = 30 * time.Second }},
		"numbers as written, zero included": {
			"{replicas: 0, revisionHistoryLimit: 0, progressDeadlineSeconds: 5, strategy: {canary: {}}}",
			func(a *acting) { a.Replicas, a.History, a.Deadline = 0, 0, 5 },
		},
		"a string is a percentage with or without its sign": {
			`strategy: {canary: {maxSurge: "10", maxUnavailable: "5%"}}`,
			func(a *acting) { a.Surge, a.Missing = "10%", "5%" },
		},
		"a number is a number": {"strategy: {canary: {maxSurge: 2, maxUnavailable: 0}}", func(a *acting) { a.Surge, a.Missing = "2", "0" }},
		"delays as written": {
			"strategy: {canary: {trafficRouting: {}, scaleDownDelaySeconds: 0, abortScaleDownDelaySeconds: 7}}",
			func(a *acting) { a.AbortDelay = 7 * time.Second },
		},
		"no delay after an abort keeps the pods for ever": {
			"strategy: {blueGreen: {activeService: a, abortScaleDownDelaySeconds: 0, scaleDownDelaySeconds: 3}}",
			func(a *acting) { a.Delay, a.AbortDelay, a.AbortKept = 3*time.Second, 0, true },
		},
		"another whole": {
			"strategy: {canary: {trafficRouting: {maxTrafficWeight: 1000}, scaleDownDelaySeconds: 1}}",
			func(a *acting) { a.Whole, a.Delay = 1000, time.Second },
		},
	} {
		t.Run(name, func(t *testing.T) {
			ro := &Rollout{}
			if err := yaml.UnmarshalStrict([]byte(c.spec), &ro.Spec); err != nil {
				t.Fatal(err)
			}
			before, want := ro.DeepCopy(), plain
			c.change(&want)
			if diff := cmp.Diff(want, actingOf(ro)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, ro); diff != "" {
				t.Errorf("asking changed the object: %s", diff)
			}
		})
	}
}

func TestPauseDuration(t *testing.T) {
	for in, want := range map[string]struct {
		duration time.Duration
		limited  bool
	}{
		`{}`:                {0, false},
		`{duration: 30}`:    {30 * time.Second, true},
		`{duration: "30"}`:  {30 * time.Second, true},
		`{duration: 30s}`:   {30 * time.Second, true},
		`{duration: 1h30m}`: {90 * time.Minute, true},
		`{duration: 0}`:     {0, true},
		`{duration: -5}`:    {-5 * time.Second, true},
		`{duration: soon}`:  {-time.Second, true},
		`{duration: ""}`:    {-time.Second, true},
	} {
		t.Run(in, func(t *testing.T) {
			var pause RolloutPause
			if err := yaml.UnmarshalStrict([]byte(in), &pause); err != nil {
				t.Fatal(err)
			}
			duration, limited := PauseDuration(&pause)
			if duration != want.duration || limited != want.limited {
				t.Errorf("got %v, %v; want %v, %v", duration, limited, want.duration, want.limited)
			}
		})
	}
	if _, limited := PauseDuration(nil); limited {
		t.Error("no pause has no end")
	}
}

func TestServiceNames(t *testing.T) {
	for strategy, want := range map[string][]string{
		"canary: {}": nil,
		"canary: {stableService: s, canaryService: c, pingPong: {pingService: s, pongService: p}}": {"s", "c", "p"},
		"blueGreen: {activeService: a, previewService: b}":                                         {"a", "b"},
		"blueGreen: {activeService: a}":                                                            {"a"},
	} {
		if diff := cmp.Diff(want, ServiceNames(rolloutWith(t, strategy))); diff != "" {
			t.Errorf("%s: %s", strategy, diff)
		}
	}
}

func TestSubsetNames(t *testing.T) {
	absent := &IstioDestinationRule{Name: "d"}
	written := &IstioDestinationRule{Name: "d", CanarySubsetName: "v2", StableSubsetName: "v1"}
	got := []string{CanarySubset(absent), StableSubset(absent), CanarySubset(written), StableSubset(written)}
	if diff := cmp.Diff([]string{"canary", "stable", "v2", "v1"}, got); diff != "" {
		t.Error(diff)
	}
}
