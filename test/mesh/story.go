package mesh

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
)

// recorded are the kinds whose writes decide where calls go.
var recorded = []schema.GroupVersionResource{
	rollouts, services, pods, routes, rules,
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
}

// before is how far back the cause of a lost call is looked for.
const before = 1500 * time.Millisecond

// clock is how moments are written down.
const clock = "15:04:05.000"

// explain tells the last writes if the test failed. It is deferred: once the test has ended nobody can ask the lab any more.
func (s *Shop) explain() {
	s.Helper()
	if !s.Failed() {
		return
	}
	const enough = 80
	all := s.Trace()
	var text strings.Builder
	for _, entry := range all[max(0, len(all)-enough):] {
		fmt.Fprintf(&text, "  %s %s\n", entry.Came.Format(clock), describe(entry))
	}
	s.Logf("the last writes:\n%s", text.String())
}

// Story tells what was written shortly before calls were lost, and when they were: that shows which order of writes was wrong.
func (s *Shop) Story(load *Load) string {
	s.Helper()
	losses := load.Losses()
	if len(losses) == 0 {
		return ""
	}
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	for _, r := range losses {
		lines = append(lines, line{r.At, fmt.Sprintf("LOST %d of %d: %v", r.Failed(), r.Calls(), r.Errors)})
	}
	near := func(at time.Time) bool {
		return slices.ContainsFunc(losses, func(r Report) bool { return at.After(r.At.Add(-before)) && at.Before(r.At.Add(slice)) })
	}
	for _, entry := range s.Trace() {
		if near(entry.Came) {
			lines = append(lines, line{entry.Came, describe(entry)})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&text, "  %s %s\n", l.at.Format(clock), l.text)
	}
	return text.String()
}

// describe says what a write meant for calls.
func describe(entry e2e.Entry) string {
	o := entry.Object
	if entry.Gone {
		return fmt.Sprintf("%s %s is gone", o.GetKind(), o.GetName())
	}
	said := ""
	switch o.GetKind() {
	case "EndpointSlice":
		said = addresses(o)
	case "Service":
		said, _, _ = unstructured.NestedString(o.Object, "spec", "selector", v1alpha1.DefaultRolloutUniqueLabelKey)
	case "VirtualService":
		said = compact(o, "spec", "http")
	case "DestinationRule":
		said = compact(o, "spec", "subsets")
	case "ReplicaSet":
		want, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
		available, _, _ := unstructured.NestedInt64(o.Object, "status", "availableReplicas")
		said = fmt.Sprintf("%d/%d", available, want)
	case "Pod":
		address, _, _ := unstructured.NestedString(o.Object, "status", "podIP")
		said = fmt.Sprintf("%s ready=%t going=%t", address, ready(o), o.GetDeletionTimestamp() != nil)
	case "Rollout":
		phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
		step, _, _ := unstructured.NestedInt64(o.Object, "status", "currentStepIndex")
		abort, _, _ := unstructured.NestedBool(o.Object, "status", "abort")
		said = fmt.Sprintf("%s step=%d abort=%t", phase, step, abort)
	}
	return fmt.Sprintf("%s %s %s", o.GetKind(), o.GetName(), said)
}

func compact(o *unstructured.Unstructured, path ...string) string {
	list, _, _ := unstructured.NestedSlice(o.Object, path...)
	list = slices.DeleteFunc(list, func(entry any) bool {
		name, _ := entry.(map[string]any)["name"].(string)
		return strings.HasPrefix(name, "pin-")
	})
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// addresses of a slice, with what keeps one from getting calls.
func addresses(slice *unstructured.Unstructured) string {
	var words []string
	endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
	for _, entry := range endpoints {
		fields, _ := entry.(map[string]any)
		all, _, _ := unstructured.NestedStringSlice(fields, "addresses")
		word := strings.Join(all, ",")
		if ready, _, _ := unstructured.NestedBool(fields, "conditions", "ready"); !ready {
			word += "(not ready)"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
