package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// State is what a namespace held at one moment. Its methods answer nil or zero for what is not there.
type State struct {
	objects map[string]*unstructured.Unstructured
	latest  map[string]uint64 // the last write that was seen, by kind
}

func newState() *State {
	return &State{objects: map[string]*unstructured.Unstructured{}, latest: map[string]uint64{}}
}

func (s *State) apply(e Entry) {
	kind := e.Object.GetKind()
	s.latest[kind] = max(s.latest[kind], e.Version)
	key := kind + "/" + e.Object.GetName()
	if e.Gone {
		delete(s.objects, key)
		return
	}
	s.objects[key] = e.Object
}

func (s *State) clone() *State {
	return &State{objects: maps.Clone(s.objects), latest: maps.Clone(s.latest)}
}

// object returns one object as it came.
func (s *State) object(kind, name string) *unstructured.Unstructured { return s.objects[kind+"/"+name] }

func (s *State) rollout(name string) *v1alpha1.Rollout {
	return read[v1alpha1.Rollout](s.object("Rollout", name))
}

func (s *State) service(name string) *corev1.Service {
	return read[corev1.Service](s.object("Service", name))
}

func (s *State) ingress(name string) *networkingv1.Ingress {
	return read[networkingv1.Ingress](s.object("Ingress", name))
}

// all returns the objects of a kind, by name.
func (s *State) all(kind string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for key, object := range s.objects {
		if strings.HasPrefix(key, kind+"/") {
			found = append(found, object)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	return found
}

// replicaSets are those of a Rollout, by revision.
func (s *State) replicaSets(rollout string) []*appsv1.ReplicaSet {
	var found []*appsv1.ReplicaSet
	for _, object := range s.all("ReplicaSet") {
		if owner := metav1.GetControllerOf(object); owner != nil && owner.Kind == "Rollout" && owner.Name == rollout {
			found = append(found, read[appsv1.ReplicaSet](object))
		}
	}
	slices.SortFunc(found, func(a, b *appsv1.ReplicaSet) int { return revisionOf(a) - revisionOf(b) })
	return found
}

// revision returns the ReplicaSet of a revision.
func (s *State) revision(rollout string, number int) *appsv1.ReplicaSet {
	for _, rs := range s.replicaSets(rollout) {
		if revisionOf(rs) == number {
			return rs
		}
	}
	return nil
}

// size is how many pods a revision is to have and how many are available; -1 for a revision that is not there.
func (s *State) size(rollout string, number int) (want, available int32) {
	rs := s.revision(rollout, number)
	if rs == nil {
		return -1, -1
	}
	return *rs.Spec.Replicas, rs.Status.AvailableReplicas
}

// weight is the share of a Rollout's canary, in per cent.
func (s *State) weight(rollout string) int64 {
	weight, _ := s.router(s.rollout(rollout)).weight(s)
	return weight
}

// deployment returns a Deployment.
func (s *State) deployment(name string) *appsv1.Deployment {
	return read[appsv1.Deployment](s.object("Deployment", name))
}

// hashed returns the ReplicaSet of a hash.
func (s *State) hashed(hash string) *appsv1.ReplicaSet {
	for _, object := range s.all("ReplicaSet") {
		if hash != "" && object.GetLabels()[v1alpha1.DefaultRolloutUniqueLabelKey] == hash {
			return read[appsv1.ReplicaSet](object)
		}
	}
	return nil
}

// selected is the hash that a Service selects.
func (s *State) selected(service string) string {
	if found := s.service(service); found != nil {
		return found.Spec.Selector[v1alpha1.DefaultRolloutUniqueLabelKey]
	}
	return ""
}

// pods counts the pods with a label app, those that are terminating among them.
func (s *State) pods(app string) int {
	count := 0
	for _, pod := range s.all("Pod") {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		if pod.GetLabels()["app"] == app && phase != string(corev1.PodFailed) && phase != string(corev1.PodSucceeded) {
			count++
		}
	}
	return count
}

// living are the pods with a label app that nobody has told to go, by name.
func (s *State) living(app string) map[string]*corev1.Pod {
	found := map[string]*corev1.Pod{}
	for _, object := range s.all("Pod") {
		if pod := read[corev1.Pod](object); pod.Labels["app"] == app && pod.DeletionTimestamp == nil {
			found[pod.Name] = pod
		}
	}
	return found
}

// ready counts the living pods that are ready.
func (s *State) ready(app string) int {
	count := 0
	for _, pod := range s.living(app) {
		if slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue }) {
			count++
		}
	}
	return count
}

// sentence says in one line how a Rollout stands: step, phase, the canary's share as the router has it, available and wanted pods by
// revision, and which revision each Service or subset selects.
func (s *State) sentence(name string) string {
	ro := s.rollout(name)
	if ro == nil {
		return name + " is not there"
	}
	words := []string{}
	if ro.Status.StepText != "" {
		words = append(words, ro.Status.StepText)
	}
	words = append(words, string(ro.Status.Phase))
	router := s.router(ro)
	if weight, ok := router.weight(s); ok {
		words = append(words, fmt.Sprintf("%d%%", weight))
	}
	for _, rs := range s.replicaSets(name) {
		if *rs.Spec.Replicas > 0 || rs.Status.Replicas > 0 {
			words = append(words, fmt.Sprintf("r%d:%d/%d", revisionOf(rs), rs.Status.AvailableReplicas, *rs.Spec.Replicas))
		}
	}
	if stable, canary, ok := router.receivers(s); ok {
		first, second := router.words()
		words = append(words, first+"="+s.label(stable), second+"="+s.label(canary))
	}
	return strings.Join(words, " ")
}

// events are those about a Rollout.
func (s *State) events(rollout string) []*corev1.Event {
	var found []*corev1.Event
	for _, object := range s.all("Event") {
		if e := read[corev1.Event](object); e.InvolvedObject.Kind == "Rollout" && e.InvolvedObject.Name == rollout {
			found = append(found, e)
		}
	}
	return found
}

// reasons counts the events about a Rollout.
func (s *State) reasons(rollout string) map[string]int {
	counts := map[string]int{}
	for _, event := range s.events(rollout) {
		counts[event.Reason] += int(event.Count)
	}
	return counts
}

// label names a revision by its number.
func (s *State) label(hash string) string {
	if rs := s.hashed(hash); rs != nil {
		return fmt.Sprintf("r%d", revisionOf(rs))
	}
	return strconv.Quote(hash)
}

// condition returns a condition of a Rollout; nil when it has none of that type.
func condition(ro *v1alpha1.Rollout, kind v1alpha1.RolloutConditionType) *v1alpha1.RolloutCondition {
	for i := range ro.Status.Conditions {
		if ro.Status.Conditions[i].Type == kind {
			return &ro.Status.Conditions[i]
		}
	}
	return nil
}

func revisionOf(object metav1.Object) int {
	number, _ := strconv.Atoi(object.GetAnnotations()[v1alpha1.RevisionAnnotation])
	return number
}

// read returns the typed form; nil for nil.
func read[T any](object *unstructured.Unstructured) *T {
	if object == nil {
		return nil
	}
	typed := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		panic(fmt.Sprintf("reading %s %q: %v", object.GetKind(), object.GetName(), err)) // the API server validated it
	}
	return typed
}
