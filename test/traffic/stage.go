package traffic

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
)

// Shares of a whole canary, in per cent.
var Shares = []int{10, 50, 90, 100}

// Stage is a namespace with a Rollout named web, and what can happen to that, whoever brings it requests.
type Stage struct {
	*e2e.Scene

	Lab *e2e.Lab
	// Pauses are the steps of the canary that wait for a person: one before the first share, then one after each of Shares.
	Pauses []int32
}

// CreateAll creates objects from YAML.
func (s *Stage) CreateAll(texts ...string) {
	s.Helper()
	for _, text := range texts {
		s.CreateYAML(text)
	}
}

// Await waits until something holds of the objects of one kind that have certain labels.
func (s *Stage) Await(resource schema.GroupVersionResource, labels, what string, holds func([]*unstructured.Unstructured) bool) {
	s.Helper()
	if err := Await(s.Context(), s.Lab, Watched{resource, s.Namespace, labels}, what, holds); err != nil {
		s.Fatal(err)
	}
}

// AwaitPods waits until the Rollout has so many pods, all of them ready.
func (s *Stage) AwaitPods(count int) {
	s.Helper()
	s.Await(pods, "app=web", fmt.Sprintf("%d pods", count), func(all []*unstructured.Unstructured) bool {
		return len(all) == count && !slices.ContainsFunc(all, func(pod *unstructured.Unstructured) bool { return !Ready(read[corev1.Pod](pod)) })
	})
}

// Rest waits for the pause before the first share if it is zero, else for that of the share.
func (s *Stage) Rest(share int) {
	s.Helper()
	s.AwaitPause("web", s.Pauses[slices.Index(Shares, share)+1])
}

// Go ends pauses until the canary has a share.
func (s *Stage) Go(share int) {
	s.Helper()
	s.Rest(0)
	for _, next := range Shares {
		s.Promote("web")
		s.Rest(next)
		if next == share {
			return
		}
	}
}

// Launch starts a controller of this namespace only, which ends with the test at the latest.
func (s *Stage) Launch() *e2e.Controller {
	s.Helper()
	controller, err := s.Lab.StartController(s.Namespace, "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { controller.Kill() })
	return controller
}

// Resize sets how many pods there are, and waits for them: at 50 % each version has half as many.
func (s *Stage) Resize(replicas int) {
	s.Helper()
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"replicas": replicas}})
	s.AwaitPods(replicas + replicas/2)
}

// Restart replaces every pod, as it is asked for in the Rollout, and waits for so many new ones.
func (s *Stage) Restart(count int) {
	s.Helper()
	at := metav1.NewTime(time.Now().Add(time.Second)).Rfc3339Copy() // ages are written down in whole seconds
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"restartAt": at}})
	s.Await(rollouts, "", "the restart", func(all []*unstructured.Unstructured) bool {
		ro := read[v1alpha1.Rollout](all[0])
		return ro.Status.RestartedAt != nil && ro.Status.RestartedAt.Equal(&at)
	})
	s.AwaitPods(count)
}

// Hash is that which a Service selects.
func (s *Stage) Hash(service string) string {
	s.Helper()
	object, err := s.Lab.Dynamic.Resource(services).Namespace(s.Namespace).Get(s.Context(), service, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	hash, _, _ := unstructured.NestedString(object.Object, "spec", "selector", v1alpha1.DefaultRolloutUniqueLabelKey)
	return hash
}

// Hashes are those of the Rollout's stable and present versions.
func (s *Stage) Hashes() (stable, current string) {
	s.Helper()
	object, err := s.Lab.Dynamic.Resource(rollouts).Namespace(s.Namespace).Get(s.Context(), "web", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	ro := read[v1alpha1.Rollout](object)
	return ro.Status.StableRS, ro.Status.CurrentPodHash
}

// Crash has the containers of so many ready pods of a hash end at once, as a kill would, and waits until they are ready once more.
func (s *Stage) Crash(hash string, count int) {
	s.Helper()
	labels := v1alpha1.DefaultRolloutUniqueLabelKey + "=" + hash
	var names []string
	s.Await(pods, labels, fmt.Sprintf("%d ready pods", count), func(all []*unstructured.Unstructured) bool {
		names = nil
		for _, object := range all {
			if pod := read[corev1.Pod](object); Ready(pod) && len(names) < count {
				names = append(names, pod.Name)
			}
		}
		return len(names) == count
	})
	for _, name := range names {
		answer, err := command(context.WithoutCancel(s.Context()), s.Lab, nil, "pods", s.Namespace, name, "crash")
		if err != nil {
			s.Fatal(err)
		}
		_ = answer.Close()
	}
	s.Await(pods, labels, "the crashed pods to be back", func(all []*unstructured.Unstructured) bool {
		back := 0
		for _, object := range all {
			pod := read[corev1.Pod](object)
			restarted := slices.ContainsFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.RestartCount > 0 })
			if slices.Contains(names, pod.Name) && Ready(pod) && restarted {
				back++
			}
		}
		return back == len(names)
	})
}

// Give patches an object as a person would, and returns when the patch was sent.
func (s *Stage) Give(turn Turn) time.Time {
	s.Helper()
	body, err := json.Marshal(turn.Patch)
	if err != nil {
		s.Fatal(err)
	}
	sent := time.Now()
	client := s.Lab.Dynamic.Resource(turn.Resource).Namespace(s.Namespace)
	if _, err := client.Patch(s.Context(), turn.Name, types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
		s.Fatalf("patching %s: %v", turn.Name, err)
	}
	return sent
}

// Wrote is when the API server had answered a controller's first write of objects of one kind after a moment.
func (s *Stage) Wrote(controller *e2e.Controller, resource string, after time.Time) time.Time {
	s.Helper()
	requests, err := s.Lab.Requests(controller.User)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range requests {
		if r.Writes() && r.Object.Namespace == s.Namespace && r.Object.Resource == resource && r.Answered.After(after) {
			return r.Answered
		}
	}
	s.Fatalf("the controller has written no %s after the abort", resource)
	return time.Time{}
}

// Judge demands what is generous on a busy machine: the table has the figures. The controller's part is to be 50 ms, and is compared with
// what the machine takes for anything: the median that the proxy needs for a change by hand.
func (s *Stage) Judge(lag *Lag) {
	s.Helper()
	const allowed = 50 * time.Millisecond
	s.Logf("control %v; ordered %v; by hand %v", lag.Control, lag.Ordered, lag.ByHand)
	if most, got := max(allowed, 2*Quantile(lag.ByHand, 0.5)), Quantile(lag.Control, 0.99); got > most {
		s.Errorf("the controller took up to %s to write an abort's shares, want at most %s", got, most)
	}
	if most, got := Quantile(lag.ByHand, 1)+4*allowed, Quantile(lag.Ordered, 0.5); got > most {
		s.Errorf("half of the aborts took %s or more, the slowest change by hand and some time for control %s", got, most)
	}
}
