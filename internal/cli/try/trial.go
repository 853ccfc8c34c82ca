package try

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

const (
	// mark is the annotation that says a Rollout is in a trial, and how to end it.
	mark = "kanari.dev/try"
	// routeName is the header route of every trial.
	routeName = "kanari-try"
)

// trial is what the annotation holds.
type trial struct {
	Header string `json:"header"` // NAME=VALUE
	// Routed: the header is matched by a route of the steps, not only by annotations of an Ingress.
	Routed bool `json:"routed,omitempty"`
	// StartingStep of the analysis in the background as it was; absent where none was written.
	StartingStep *int64 `json:"startingStep,omitempty"`
	// From and To are images by container.
	From map[string]string `json:"from"`
	To   map[string]string `json:"to"`
	// Until is when it ends; absent without a limit.
	Until time.Time `json:"until,omitzero"`
}

// trialOf reads the annotation; nil for a Rollout that is in no trial.
func trialOf(ro *unstructured.Unstructured) (*trial, error) {
	text := ro.GetAnnotations()[mark]
	if text == "" {
		return nil, nil
	}
	t := &trial{}
	if err := json.Unmarshal([]byte(text), t); err != nil {
		return nil, terminal.Fail("the annotation %s of rollout %q cannot be read (%s): put images and steps back by hand, and take it away", mark, ro.GetName(), err)
	}
	return t, nil
}

func (t *trial) header() header {
	name, value, _ := strings.Cut(t.Header, "=")
	return header{name, value}
}

// images are what is tried, as on the command line.
func (t *trial) images() string {
	var pairs []string
	for _, container := range slices.Sorted(maps.Keys(t.To)) {
		pairs = append(pairs, container+"="+t.To[container])
	}
	return strings.Join(pairs, ", ")
}

// steps go before the user's own: up to the pause is the trial, behind it what a promotion takes back first.
func (t *trial) steps() []any {
	one := map[string]any{"setCanaryScale": map[string]any{"replicas": int64(1)}}
	pause := map[string]any{"pause": map[string]any{}}
	grow := map[string]any{"setCanaryScale": map[string]any{"matchTrafficWeight": true}}
	if !t.Routed {
		return []any{one, pause, grow}
	}
	match := map[string]any{"headerName": t.header().name, "headerValue": map[string]any{"exact": t.header().value}}
	route := map[string]any{"setHeaderRoute": map[string]any{"name": routeName, "match": []any{match}}}
	unroute := map[string]any{"setHeaderRoute": map[string]any{"name": routeName}}
	return []any{one, route, pause, unroute, grow}
}

// pauseAt is the index of the step at which the trial waits.
func (t *trial) pauseAt() int32 {
	if t.Routed {
		return 2
	}
	return 1
}

var (
	stepsPath    = []string{"spec", "strategy", "canary", "steps"}
	routesPath   = []string{"spec", "strategy", "canary", "trafficRouting", "managedRoutes"}
	analysisPath = []string{"spec", "strategy", "canary", "analysis"}
	startingPath = []string{"spec", "strategy", "canary", "analysis", "startingStep"}
)

// write puts the trial into the Rollout.
func (t *trial) write(ro *unstructured.Unstructured) error {
	if err := t.postpone(ro); err != nil {
		return err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing the annotation: %w", err)
	}
	annotations := ro.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[mark] = string(text)
	ro.SetAnnotations(annotations)
	t.swap(ro, t.From, t.To)
	if err := put(ro, append(t.steps(), list(ro, stepsPath)...), stepsPath); err != nil {
		return err
	}
	if !t.Routed {
		return nil
	}
	return put(ro, append(list(ro, routesPath), map[string]any{"name": routeName}), routesPath)
}

// postpone keeps the analysis in the background from beginning before the user's own steps do: without requests it has nothing to judge.
func (t *trial) postpone(ro *unstructured.Unstructured) error {
	if _, found, _ := unstructured.NestedMap(ro.Object, analysisPath...); !found {
		return nil
	}
	first, found, err := unstructured.NestedInt64(ro.Object, startingPath...)
	if err != nil {
		return fmt.Errorf("reading startingStep: %w", err)
	}
	if found {
		t.StartingStep = &first
	}
	return unstructured.SetNestedField(ro.Object, first+int64(len(t.steps())), startingPath...)
}

// resume undoes postpone.
func (t *trial) resume(ro *unstructured.Unstructured) error {
	before := int64(0)
	if t.StartingStep != nil {
		before = *t.StartingStep
	}
	if now, found, _ := unstructured.NestedInt64(ro.Object, startingPath...); !found || now != before+int64(len(t.steps())) {
		return nil
	}
	if t.StartingStep == nil {
		unstructured.RemoveNestedField(ro.Object, startingPath...)
		return nil
	}
	return unstructured.SetNestedField(ro.Object, before, startingPath...)
}

// withdraw takes out what makes the new version run. What somebody else has changed since stays as it is. A version that was
// promoted stays, too.
func (t *trial) withdraw(ro *unstructured.Unstructured, promoted bool) error {
	if !promoted {
		t.swap(ro, t.To, t.From)
	}
	steps, own := list(ro, stepsPath), t.steps()
	if len(steps) < len(own) || !equality.Semantic.DeepEqual(steps[:len(own)], own) {
		return nil
	}
	if err := t.resume(ro); err != nil {
		return err
	}
	return put(ro, steps[len(own):], stepsPath)
}

// forget takes out what the controller needed to know until the route was gone.
func (t *trial) forget(ro *unstructured.Unstructured) error {
	annotations := ro.GetAnnotations()
	delete(annotations, mark)
	ro.SetAnnotations(annotations)
	routes := slices.DeleteFunc(list(ro, routesPath), func(route any) bool {
		fields, _ := route.(map[string]any)
		return fields["name"] == routeName
	})
	if len(routes) == len(list(ro, routesPath)) {
		return nil
	}
	return put(ro, routes, routesPath)
}

// swap changes the containers whose image is as expected.
func (t *trial) swap(ro *unstructured.Unstructured, expected, wanted map[string]string) {
	for _, container := range containers(ro) {
		name, _ := container["name"].(string)
		if image, ours := wanted[name]; ours && container["image"] == expected[name] {
			container["image"] = image
		}
	}
}

// containers of the template, to be changed in place.
func containers(ro *unstructured.Unstructured) []map[string]any {
	var all []map[string]any
	for _, field := range []string{"initContainers", "containers"} {
		raw, _, _ := unstructured.NestedFieldNoCopy(ro.Object, "spec", "template", "spec", field)
		items, _ := raw.([]any)
		for _, item := range items {
			if container, ok := item.(map[string]any); ok {
				all = append(all, container)
			}
		}
	}
	return all
}

// list is a copy; nil for none.
func list(ro *unstructured.Unstructured, path []string) []any {
	items, _, _ := unstructured.NestedSlice(ro.Object, path...)
	return items
}

// put leaves no empty list behind.
func put(ro *unstructured.Unstructured, items []any, path []string) error {
	if len(items) == 0 {
		unstructured.RemoveNestedField(ro.Object, path...)
		return nil
	}
	return unstructured.SetNestedSlice(ro.Object, items, path...)
}
