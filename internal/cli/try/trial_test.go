package try

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	return object
}

const template = "template: {spec: {initContainers: [{name: wait, image: 'wait:1'}], containers: [{name: app, image: 'web:v1'}]}}"

func rollout(t *testing.T, canary string) *unstructured.Unstructured {
	t.Helper()
	return read(t, "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: web, annotations: {a: b}}, spec: {"+template+", strategy: {canary: "+canary+"}}}")
}

func fresh(routed bool) *trial {
	return &trial{
		Header: "x-canary=true", Routed: routed,
		From: map[string]string{"app": "web:v1", "wait": "wait:1"}, To: map[string]string{"app": "web:v2", "wait": "wait:2"},
	}
}

// What is written at the beginning is taken out at the end, without a trace, by a command that knows nothing but the annotation.
func TestATrialLeavesNoTrace(t *testing.T) {
	for name, test := range map[string]struct {
		canary string
		routed bool
	}{
		"no steps, no routes":             {"{trafficRouting: {istio: {}}}", true},
		"steps and routes":                {"{trafficRouting: {istio: {}, managedRoutes: [{name: theirs}]}, steps: [{setWeight: 5}, {pause: {}}]}", true},
		"nginx":                           {"{trafficRouting: {nginx: {}}, steps: [{setWeight: 5}]}", false},
		"an analysis from the beginning":  {"{trafficRouting: {istio: {}}, analysis: {templates: [{templateName: e}]}}", true},
		"an analysis from a step on":      {"{trafficRouting: {nginx: {}}, analysis: {startingStep: 2}, steps: [{setWeight: 5}]}", false},
		"an analysis from step 0, spoken": {"{trafficRouting: {istio: {}}, analysis: {startingStep: 0}}", true},
	} {
		t.Run(name, func(t *testing.T) {
			ro, before := rollout(t, test.canary), rollout(t, test.canary)
			if err := fresh(test.routed).write(ro); err != nil {
				t.Fatal(err)
			}
			if cmp.Equal(before.Object, ro.Object) {
				t.Fatal("nothing was written")
			}
			end(t, ro, false)
			if diff := cmp.Diff(before.Object, ro.Object); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// end reads the annotation, as another process would.
func end(t *testing.T, ro *unstructured.Unstructured, promoted bool) {
	t.Helper()
	known, err := trialOf(ro)
	if err != nil || known == nil {
		t.Fatalf("got trial %v, error %v", known, err)
	}
	if err := known.withdraw(ro, promoted); err != nil {
		t.Fatal(err)
	}
	if err := known.forget(ro); err != nil {
		t.Fatal(err)
	}
}

// What others change meanwhile is theirs.
func TestOthersChangesStay(t *testing.T) {
	const plain = "{trafficRouting: {istio: {}}, steps: [{setWeight: 5}]}"
	for name, test := range map[string]struct {
		promoted bool
		meddle   func(ro *unstructured.Unstructured)
		want     func(ro *unstructured.Unstructured)
	}{
		"an image": {
			meddle: func(ro *unstructured.Unstructured) { containers(ro)[1]["image"] = "web:v3" },
			want:   func(ro *unstructured.Unstructured) { containers(ro)[1]["image"] = "web:v3" },
		},
		"all steps": {
			meddle: func(ro *unstructured.Unstructured) { set(t, ro, map[string]any{"setWeight": int64(7)}) },
			want:   func(ro *unstructured.Unstructured) { set(t, ro, map[string]any{"setWeight": int64(7)}) },
		},
		"a step at the end": {
			meddle: func(ro *unstructured.Unstructured) {
				set(t, ro, append(list(ro, stepsPath), map[string]any{"pause": map[string]any{}})...)
			},
			want: func(ro *unstructured.Unstructured) {
				set(t, ro, append(list(ro, stepsPath), map[string]any{"pause": map[string]any{}})...)
			},
		},
		"a promotion": {
			promoted: true,
			meddle:   func(*unstructured.Unstructured) {},
			want: func(ro *unstructured.Unstructured) {
				containers(ro)[0]["image"], containers(ro)[1]["image"] = "wait:2", "web:v2"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ro, want := rollout(t, plain), rollout(t, plain)
			if err := fresh(true).write(ro); err != nil {
				t.Fatal(err)
			}
			test.meddle(ro)
			end(t, ro, test.promoted)
			test.want(want)
			if diff := cmp.Diff(want.Object, ro.Object); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func set(t *testing.T, ro *unstructured.Unstructured, steps ...any) {
	t.Helper()
	if err := put(ro, steps, stepsPath); err != nil {
		t.Fatal(err)
	}
}

func TestCounterparts(t *testing.T) {
	for name, test := range map[string]struct{ image, want string }{
		"latest":                 {"eco2:latest", "eco2:canary"},
		"ends in latest":         {"mng990/eco2:auth-dev-latest", "mng990/eco2:auth-dev-canary"},
		"a registry with a port": {"registry.example:5000/eco2:latest", "registry.example:5000/eco2:canary"},
		"no tag":                 {"registry.example:5000/latest", ""},
		"another tag":            {"eco2:v1", ""},
		"only sounds like it":    {"eco2:notlatest", ""},
		"a digest":               {"eco2:latest@sha256:00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := counterparts(map[string]string{"app": test.image})["app"]; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
