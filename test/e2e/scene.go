package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// patience is how long a test waits for anything. The machine may be busy with other builds.
const patience = 90 * time.Second

// Scene is a namespace of its own, with a record of all that happens there. It is read from front to back: Await goes on where the last
// one stopped, so no value between two of them is missed; but it never looks at a moment before the test's own last write.
type Scene struct {
	*testing.T

	Client    client.Client
	Namespace string

	recorder *Recorder
	state    *State
	place    int
	mine     map[string]uint64 // the last write of this test, by kind
}

// NewScene opens a namespace and records it, all kinds in it unless some are named.
func NewScene(t *testing.T, lab *Lab, kinds ...schema.GroupVersionResource) *Scene {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	if err := lab.Client.Create(t.Context(), namespace); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	t.Cleanup(func() { _ = lab.Client.Delete(context.Background(), namespace) })
	t.Logf("namespace %s", namespace.Name)
	return SceneOf(t, lab, namespace.Name, kinds...)
}

// SceneOf records a namespace that is there already, what it holds first.
func SceneOf(t *testing.T, lab *Lab, namespace string, kinds ...schema.GroupVersionResource) *Scene {
	t.Helper()
	return &Scene{
		T: t, Client: client.NewNamespacedClient(lab.Client, namespace), Namespace: namespace,
		recorder: Record(t, lab.Dynamic, namespace, kinds...), state: newState(), mine: map[string]uint64{},
	}
}

// Apart is a second reader of the same record, from here on, for another test.
func (s *Scene) Apart(t *testing.T) *Scene {
	t.Helper()
	twin := *s
	twin.T, twin.state, twin.mine = t, s.state.clone(), maps.Clone(s.mine)
	return &twin
}

// Await reads on until something holds and returns what the namespace held then.
func (s *Scene) Await(what string, holds func(*State) bool) *State {
	s.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !s.seesOwnWrites() || !holds(s.state) {
		entry, more, err := s.recorder.next(s.place)
		if err != nil {
			s.Fatalf("waiting for %s: %v", what, err)
		}
		if entry != nil {
			s.place++
			s.state.apply(*entry)
			continue
		}
		select {
		case <-more:
		case <-late.C:
			s.Fatalf("waiting for %s: it did not come; last seen:\n%s", what, s.state.story())
		}
	}
	return s.state
}

func (s *Scene) seesOwnWrites() bool {
	for kind, version := range s.mine {
		if s.state.latest[kind] < version {
			return false
		}
	}
	return true
}

// wrote notes a write of the test as the API server answered it.
func (s *Scene) wrote(object client.Object) {
	s.Helper()
	kind, err := apiutil.GVKForObject(object, s.Client.Scheme())
	if err != nil {
		s.Fatal(err)
	}
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	if err != nil {
		s.Fatalf("%s has the resourceVersion %q", object.GetName(), object.GetResourceVersion())
	}
	if s.recorder.follows(kind) {
		s.mine[kind.Kind] = max(s.mine[kind.Kind], version)
	}
}

// AwaitPhase waits until a Rollout whose present spec was seen is in a phase.
func (s *Scene) AwaitPhase(name string, phase v1alpha1.RolloutPhase) *State {
	s.Helper()
	return s.Await(fmt.Sprintf("Rollout %s to be %s", name, phase), func(now *State) bool { return now.phase(name) == phase })
}

// atThePreview stands for the step at which a blue-green strategy pauses: it has none.
const atThePreview int32 = -1

// AwaitPause waits until a Rollout pauses at a step, counted from zero.
func (s *Scene) AwaitPause(name string, step int32) *State {
	s.Helper()
	return s.Await(fmt.Sprintf("Rollout %s to pause at step %d", name, step), func(now *State) bool {
		if now.phase(name) != v1alpha1.RolloutPhasePaused {
			return false
		}
		index := now.rollout(name).Status.CurrentStepIndex
		return index != nil && *index == step || index == nil && step == atThePreview
	})
}

// awaitEvent waits until an event about a Rollout says something.
func (s *Scene) awaitEvent(rollout, message string) {
	s.Helper()
	s.Await("the event "+message, func(now *State) bool {
		return slices.ContainsFunc(now.events(rollout), func(e *corev1.Event) bool { return e.Message == message })
	})
}

// phase is that of a Rollout's present spec; empty while the status still speaks of an earlier one.
func (s *State) phase(name string) v1alpha1.RolloutPhase {
	ro := s.rollout(name)
	if ro == nil || int64(ro.Status.ObservedGeneration) != ro.Generation {
		return ""
	}
	return ro.Status.Phase
}

// Trace is everything up to now, without reading on.
func (s *Scene) Trace() Trace {
	s.Helper()
	s.Apart(s.T).CatchUp()
	return s.recorder.Trace()
}

// CatchUp reads on to the present: it asks the API server for the last values and waits until the watches have told them all.
func (s *Scene) CatchUp() {
	s.Helper()
	last := map[string]uint64{} // by kind
	for _, resource := range s.recorder.kinds {
		list, err := s.recorder.client.Resource(resource).Namespace(s.Namespace).List(s.Context(), metav1.ListOptions{})
		if err != nil {
			s.Fatalf("listing %s: %v", resource.Resource, err)
		}
		for i := range list.Items {
			kind := list.Items[i].GetKind()
			last[kind] = max(last[kind], versionOf(&list.Items[i]))
		}
	}
	s.Await("the watches to catch up", func(now *State) bool {
		for kind, version := range last {
			if now.latest[kind] < version {
				return false
			}
		}
		return true
	})
}

// Safe demands that no request could have been lost at any moment of the record.
func (s *Scene) Safe() {
	s.Helper()
	for _, fault := range s.Trace().Unsafe() {
		s.Error(fault)
	}
}

// story is the state in lines, for a test that fails.
func (s *State) story() string {
	var lines []string
	for _, object := range s.all("Rollout") {
		ro := read[v1alpha1.Rollout](object)
		lines = append(lines, fmt.Sprintf("  Rollout %s (%s): %s", ro.Name, s.sentence(ro.Name), ro.Status.Message))
		for _, c := range ro.Status.Conditions {
			lines = append(lines, fmt.Sprintf("    %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message))
		}
	}
	for _, object := range s.all("Experiment") {
		ex := read[v1alpha1.Experiment](object)
		lines = append(lines, fmt.Sprintf("  Experiment %s %s: %s", ex.Name, ex.Status.Phase, ex.Status.Message))
		for _, group := range ex.Status.TemplateStatuses {
			lines = append(lines, fmt.Sprintf("    %s %s %d/%d: %s", group.Name, group.Status, group.AvailableReplicas, group.Replicas, group.Message))
		}
	}
	for _, pod := range s.all("Pod") {
		reads := read[corev1.Pod](pod)
		lines = append(lines, fmt.Sprintf("  Pod %s %s on %q", reads.Name, reads.Status.Phase, reads.Spec.NodeName))
	}
	return strings.Join(lines, "\n")
}
