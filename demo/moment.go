package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/demo/show"
)

// scene is everything that the demo reads at one moment.
type scene struct {
	rollout  v1alpha1.Rollout
	route    unstructured.Unstructured
	services map[string]string // name → the hash it selects
	sets     []appsv1.ReplicaSet
	pods     corev1.PodList
	runs     []v1alpha1.AnalysisRun
}

// look reads the scene of a Rollout that is routed by one VirtualService.
func (c *cluster) look(ctx context.Context, rollout, virtualService string) (show.Moment, error) {
	s := scene{services: map[string]string{}}
	s.route.SetGroupVersionKind(virtualServices)
	if err := c.watched.Get(ctx, client.ObjectKey{Namespace: namespace, Name: rollout}, &s.rollout); err != nil {
		return show.Moment{}, err
	}
	if err := c.watched.Get(ctx, client.ObjectKey{Namespace: namespace, Name: virtualService}, &s.route); err != nil {
		return show.Moment{}, err
	}
	var services corev1.ServiceList
	var sets appsv1.ReplicaSetList
	var runs v1alpha1.AnalysisRunList
	for _, list := range []client.ObjectList{&services, &sets, &s.pods, &runs} {
		if err := c.watched.List(ctx, list); err != nil {
			return show.Moment{}, err
		}
	}
	for _, service := range services.Items {
		s.services[service.Name] = service.Spec.Selector[v1alpha1.DefaultRolloutUniqueLabelKey]
	}
	s.runs = runs.Items
	s.sets = slices.SortedFunc(slices.Values(sets.Items), func(a, b appsv1.ReplicaSet) int { return cmp.Compare(revision(a), revision(b)) })
	return s.moment(time.Now()), nil
}

func revision(set appsv1.ReplicaSet) int {
	number, _ := strconv.Atoi(set.Annotations[v1alpha1.RevisionAnnotation])
	return number
}

func (s scene) moment(now time.Time) show.Moment {
	status := s.rollout.Status
	m := show.Moment{
		At: now, Phase: string(status.Phase), Message: status.Message, Aborted: status.Abort, Step: s.step(), Judged: s.judged(),
		Current: tag(s.rollout.Spec.Template), Stable: s.version(status.StableRS), Routes: s.routes(), Pods: s.counts(),
	}
	if int64(status.ObservedGeneration) != s.rollout.Generation {
		m.Phase, m.Message = string(v1alpha1.RolloutPhaseProgressing), "the controller has not seen the change yet"
		m.Step = "not seen yet"
	}
	return m
}

// step is the step at work in words; empty when none is.
func (s scene) step() string {
	index := s.rollout.Status.CurrentStepIndex
	if index == nil || s.rollout.Spec.Strategy.Canary == nil {
		return ""
	}
	steps := s.rollout.Spec.Strategy.Canary.Steps
	if s.rollout.Status.Abort {
		return "aborted"
	}
	if int(*index) >= len(steps) {
		return "all steps done"
	}
	return fmt.Sprintf("%d/%d %s", *index+1, len(steps), words(steps[*index]))
}

func words(step v1alpha1.CanaryStep) string {
	switch {
	case step.SetWeight != nil:
		return fmt.Sprintf("weight %d", *step.SetWeight)
	case step.Pause != nil && step.Pause.Duration != nil:
		return "pause " + step.Pause.Duration.String()
	case step.Pause != nil:
		return "pause"
	case step.Analysis != nil:
		return "analysis"
	}
	return "other"
}

// routes are the destinations of the VirtualService's first route.
func (s scene) routes() []show.Route {
	http, _, _ := unstructured.NestedSlice(s.route.Object, "spec", "http")
	if len(http) == 0 {
		return nil
	}
	destinations, _, _ := unstructured.NestedSlice(http[0].(map[string]any), "route")
	var routes []show.Route
	for _, destination := range destinations {
		destination := destination.(map[string]any)
		host, _, _ := unstructured.NestedString(destination, "destination", "host")
		weight, _, _ := unstructured.NestedInt64(destination, "weight")
		routes = append(routes, show.Route{Weight: int(weight), Version: s.version(s.services[host])})
	}
	return routes
}

// counts are the pods of each ReplicaSet that has any.
func (s scene) counts() []show.Pods {
	var counts []show.Pods
	for _, set := range s.sets {
		count := show.Pods{Version: tag(set.Spec.Template)}
		for _, pod := range s.pods.Items {
			if pod.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] != set.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] {
				continue
			}
			count.All++
			if pod.DeletionTimestamp == nil && isReady(pod) {
				count.Ready++
			}
		}
		if count.All > 0 {
			counts = append(counts, count)
		}
	}
	return counts
}

func isReady(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// version is the image tag of the ReplicaSet with a hash; empty when there is none.
func (s scene) version(hash string) string {
	for _, set := range s.sets {
		if hash != "" && set.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] == hash {
			return tag(set.Spec.Template)
		}
	}
	return ""
}

// tag is the image tag of the first container.
func tag(template corev1.PodTemplateSpec) string {
	if len(template.Spec.Containers) == 0 {
		return ""
	}
	image := template.Spec.Containers[0].Image
	return image[strings.LastIndexByte(image, ':')+1:]
}
