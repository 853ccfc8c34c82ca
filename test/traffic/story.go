package traffic

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

// recorded are the kinds whose writes decide where requests go.
var recorded = []schema.GroupVersionResource{
	rollouts, services, pods,
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	ingresses, httpRoutes, traefikServices,
}

// before is how far back the cause of a lost request is looked for.
const before = 1500 * time.Millisecond

// clock is how moments are written down.
const clock = "15:04:05.000"

// explain tells the last writes if the test failed. It is deferred: once the test has ended nobody can ask the lab any more.
func (s *Shop) explain() {
	s.Helper()
	if s.Failed() {
		s.Log(LastWrites(s.Trace()))
	}
}

// LastWrites tells the end of a trace.
func LastWrites(trace []e2e.Entry) string {
	const enough = 80
	var text strings.Builder
	text.WriteString("the last writes:\n")
	for _, entry := range trace[max(0, len(trace)-enough):] {
		fmt.Fprintf(&text, "  %s %s\n", entry.Came.Format(clock), describe(entry))
	}
	return text.String()
}

// Story tells what was written shortly before requests of a load were lost.
func (s *Shop) Story(load *Load) string {
	s.Helper()
	var losses []Loss
	for _, r := range load.Losses() {
		losses = append(losses, Loss{r.At, fmt.Sprintf("%d of %d: %v", r.Failed(), r.Requests, r.Failures)})
	}
	return Story(s.Trace(), losses)
}

// Loss is a slice of time that ended at a moment, and the requests that failed in it.
type Loss struct {
	At   time.Time
	Text string
}

// Story tells losses and what was written shortly before them, in the order of time: that shows which order of writes was wrong. It is empty
// where nothing was lost.
func Story(trace []e2e.Entry, losses []Loss) string {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	for _, loss := range losses {
		lines = append(lines, line{loss.At, "LOST " + loss.Text})
	}
	near := func(at time.Time) bool {
		return slices.ContainsFunc(losses, func(l Loss) bool { return at.After(l.At.Add(-before)) && at.Before(l.At.Add(slice)) })
	}
	for _, entry := range trace {
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

// describe says what a write meant for requests.
func describe(entry e2e.Entry) string {
	o := entry.Object
	if entry.Gone {
		return fmt.Sprintf("%s %s is gone", o.GetKind(), o.GetName())
	}
	var words []string
	switch o.GetKind() {
	case "EndpointSlice":
		words = addresses(o)
	case "Service":
		hash, _, _ := unstructured.NestedString(o.Object, "spec", "selector", v1alpha1.DefaultRolloutUniqueLabelKey)
		words = []string{hash}
	case "Ingress":
		words = []string{"weight " + o.GetAnnotations()["nginx.ingress.kubernetes.io/canary-weight"]}
	case "VirtualService":
		words = []string{compact(o, "spec", "http")}
	case "DestinationRule":
		words = []string{compact(o, "spec", "subsets")}
	case "ReplicaSet":
		want, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
		available, _, _ := unstructured.NestedInt64(o.Object, "status", "availableReplicas")
		words = []string{fmt.Sprintf("%d/%d", available, want)}
	case "Pod":
		address, _, _ := unstructured.NestedString(o.Object, "status", "podIP")
		words = []string{address, fmt.Sprintf("ready=%t going=%t", holds(o, "Ready"), o.GetDeletionTimestamp() != nil)}
	case "Rollout":
		phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
		step, _, _ := unstructured.NestedInt64(o.Object, "status", "currentStepIndex")
		abort, _, _ := unstructured.NestedBool(o.Object, "status", "abort")
		words = []string{fmt.Sprintf("%s step=%d abort=%t", phase, step, abort)}
	default:
		words = []string{fmt.Sprint(o.Object["spec"])}
	}
	return fmt.Sprintf("%s %s %s", o.GetKind(), o.GetName(), strings.Join(words, " "))
}

// compact is a list of an object on one line.
func compact(o *unstructured.Unstructured, path ...string) string {
	list, _, _ := unstructured.NestedSlice(o.Object, path...)
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// addresses of a slice, with what keeps one from getting requests.
func addresses(slice *unstructured.Unstructured) []string {
	var words []string
	endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
	for _, entry := range endpoints {
		fields, _ := entry.(map[string]any)
		all, _, _ := unstructured.NestedStringSlice(fields, "addresses")
		word := strings.Join(all, ",")
		if ready, _, _ := unstructured.NestedBool(fields, "conditions", "ready"); !ready {
			word += "(not ready)"
		}
		if going, _, _ := unstructured.NestedBool(fields, "conditions", "terminating"); going {
			word += "(going)"
		}
		words = append(words, word)
	}
	return words
}
