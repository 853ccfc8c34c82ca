package view

import (
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Objects are what a view is made from. Only Rollout must be there; the lists may hold foreign objects, which are left out
// by their owner references. Nodes only add zones.
type Objects struct {
	Rollout      *v1alpha1.Rollout
	ReplicaSets  []appsv1.ReplicaSet
	Pods         []corev1.Pod
	AnalysisRuns []v1alpha1.AnalysisRun
	Experiments  []v1alpha1.Experiment
	Nodes        []corev1.Node
}

// Rollout builds the view of objects.Rollout as it is at the instant now.
func Rollout(objects Objects, now time.Time) RolloutView {
	ro := objects.Rollout
	sets := replicaSetsOf(objects)
	phase, message := Phase(ro)
	v := RolloutView{
		APIVersion: APIVersion,
		Kind:       Kind,
		Identity:   identityOf(ro),
		Phase:      string(phase),
		Message:    message,
		Mark:       markOf(string(phase)),
		Strategy:   strategyOf(ro),
		Step:       stepOf(ro),
		Weights:    weightsOf(ro, values(sets)),
		Images:     imagesOf(objects, values(sets)),
		Replicas:   replicasOf(ro),
		Revisions:  revisionsOf(objects, sets),
		Conditions: conditionsOf(ro),
		Findings:   findingsOf(values(sets)),
	}
	v.Why = why(ro, v, now)
	return v
}

func identityOf(ro *v1alpha1.Rollout) Identity {
	return Identity{
		Namespace:  ro.Namespace,
		Name:       ro.Name,
		UID:        string(ro.UID),
		Generation: ro.Generation,
		CreatedAt:  ro.CreationTimestamp.UTC(),
	}
}

func strategyOf(ro *v1alpha1.Rollout) string {
	switch {
	case ro.Spec.Strategy.Canary != nil:
		return "Canary"
	case ro.Spec.Strategy.BlueGreen != nil:
		return "BlueGreen"
	}
	return ""
}

func replicasOf(ro *v1alpha1.Rollout) Replicas {
	return Replicas{
		Desired:   desiredReplicas(ro),
		Current:   ro.Status.Replicas,
		Updated:   ro.Status.UpdatedReplicas,
		Ready:     ro.Status.ReadyReplicas,
		Available: ro.Status.AvailableReplicas,
	}
}

func conditionsOf(ro *v1alpha1.Rollout) []Condition {
	var conditions []Condition
	for _, c := range ro.Status.Conditions {
		conditions = append(conditions, Condition{
			Type:    string(c.Type),
			Status:  string(c.Status),
			Reason:  c.Reason,
			Message: c.Message,
			Since:   c.LastTransitionTime.UTC(),
		})
	}
	return conditions
}

// imagesOf lists the images that have pods now by name, each with all its roles; those of Experiments among them.
func imagesOf(objects Objects, sets []ReplicaSet) []Image {
	var images []Image
	for _, set := range sets {
		if set.Desired == 0 && set.Current == 0 {
			continue
		}
		for _, name := range set.Images {
			images = addImage(images, name, set.Roles)
		}
	}
	for i := range objects.Experiments {
		if experiment := &objects.Experiments[i]; ownedBy(experiment, objects.Rollout.UID) {
			images = experimentImages(images, experiment, objects)
		}
	}
	return images
}

func addImage(images []Image, name string, roles []Role) []Image {
	at := slices.IndexFunc(images, func(known Image) bool { return known.Name == name })
	if at < 0 {
		images = append(images, Image{Name: name, Roles: slices.Clone(roles)})
		slices.SortFunc(images, func(a, b Image) int { return strings.Compare(a.Name, b.Name) })
		return images
	}
	for _, role := range roles {
		if !slices.Contains(images[at].Roles, role) {
			images[at].Roles = append(images[at].Roles, role)
		}
	}
	slices.Sort(images[at].Roles)
	return images
}

// findingsOf names every pod that cannot start or keeps failing: a rollout that waits for it will wait in vain.
func findingsOf(sets []ReplicaSet) []Finding {
	var findings []Finding
	for _, set := range sets {
		for _, pod := range set.Pods {
			if !pod.failing() {
				continue
			}
			findings = append(findings, Finding{Object: "Pod " + pod.Name, Message: pod.trouble()})
		}
	}
	return findings
}

func (p Pod) failing() bool {
	return p.Mark == Bad || p.Mark == Warning || (p.Status == "Pending" && p.Reason != "")
}

func (p Pod) trouble() string {
	if p.Reason == "" {
		return p.Status
	}
	return p.Status + ": " + p.Reason
}
