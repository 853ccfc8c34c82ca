package view

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// numbered is a ReplicaSet's view with the revision it belongs to.
type numbered struct {
	revision int64
	view     ReplicaSet
}

func values(sets []numbered) []ReplicaSet {
	views := make([]ReplicaSet, len(sets))
	for i, set := range sets {
		views[i] = set.view
	}
	return views
}

// replicaSetsOf are the Rollout's own ReplicaSets, the newest revision first.
func replicaSetsOf(objects Objects) []numbered {
	var sets []numbered
	for i := range objects.ReplicaSets {
		set := &objects.ReplicaSets[i]
		if !ownedBy(set, objects.Rollout.UID) {
			continue
		}
		view := replicaSetOf(set, objects)
		view.Roles = rolesOf(objects.Rollout, view.Hash)
		sets = append(sets, numbered{revision.Number(set), view})
	}
	slices.SortFunc(sets, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(b.revision, a.revision), b.view.CreatedAt.Compare(a.view.CreatedAt), cmp.Compare(a.view.Name, b.view.Name))
	})
	return sets
}

func replicaSetOf(set *appsv1.ReplicaSet, objects Objects) ReplicaSet {
	status := replicaSetStatus(set)
	return ReplicaSet{
		Name:        set.Name,
		Hash:        revision.HashOf(set),
		Status:      status,
		Mark:        markOf(status),
		CreatedAt:   set.CreationTimestamp.UTC(),
		ScaleDownAt: deadlineOf(set),
		Desired:     revision.Replicas(set),
		Current:     set.Status.Replicas,
		Available:   revision.Available(set),
		Images:      imagesIn(set.Spec.Template.Spec),
		Pods:        podsOf(set, objects),
	}
}

func replicaSetStatus(set *appsv1.ReplicaSet) string {
	switch {
	case revision.Replicas(set) == 0:
		return "ScaledDown"
	case set.Status.ObservedGeneration < set.Generation:
		return "Progressing"
	case slices.ContainsFunc(set.Status.Conditions, cannotMakePods):
		return "Degraded"
	case revision.Available(set) < revision.Replicas(set):
		return "Progressing"
	}
	return "Healthy"
}

func cannotMakePods(c appsv1.ReplicaSetCondition) bool {
	return c.Type == appsv1.ReplicaSetReplicaFailure && c.Status == corev1.ConditionTrue
}

// deadlineOf is zero when no deadline is written, or one that nobody can read.
func deadlineOf(set *appsv1.ReplicaSet) time.Time {
	deadline, _ := revision.Deadline(set)
	return deadline
}

func imagesIn(pod corev1.PodSpec) []string {
	var images []string
	for _, container := range pod.Containers {
		if !slices.Contains(images, container.Image) {
			images = append(images, container.Image)
		}
	}
	return images
}

// rolesOf are the parts that the ReplicaSet with the hash plays, in printing order.
func rolesOf(ro *v1alpha1.Rollout, hash string) []Role {
	if hash == "" {
		return nil
	}
	if ro.Spec.Strategy.BlueGreen != nil {
		return blueGreenRoles(ro, hash)
	}
	switch hash {
	case ro.Status.StableRS:
		return append([]Role{Stable}, pingPong(ro, true)...)
	case ro.Status.CurrentPodHash:
		return append([]Role{Canary}, pingPong(ro, false)...)
	}
	return nil
}

func blueGreenRoles(ro *v1alpha1.Rollout, hash string) []Role {
	var roles []Role
	if hash == ro.Status.StableRS {
		roles = append(roles, Stable)
	}
	switch hash {
	case ro.Status.BlueGreen.ActiveSelector:
		roles = append(roles, Active)
	case ro.Status.BlueGreen.PreviewSelector, ro.Status.CurrentPodHash:
		roles = append(roles, Preview)
	}
	return roles
}

// pingPong names the Service that the stable or the canary side stands behind; the pong side is stable at first.
func pingPong(ro *v1alpha1.Rollout, stable bool) []Role {
	if ro.Spec.Strategy.Canary == nil || ro.Spec.Strategy.Canary.PingPong == nil {
		return nil
	}
	if stable == (ro.Status.Canary.StablePingPong == v1alpha1.PPPing) {
		return []Role{Ping}
	}
	return []Role{Pong}
}

func withRole(sets []ReplicaSet, role Role) (ReplicaSet, bool) {
	at := slices.IndexFunc(sets, func(set ReplicaSet) bool { return slices.Contains(set.Roles, role) })
	if at < 0 {
		return ReplicaSet{}, false
	}
	return sets[at], true
}

func ownedBy(object metav1.Object, owner types.UID) bool {
	controller := metav1.GetControllerOfNoCopy(object)
	return controller != nil && controller.UID == owner
}

// revisionOf is 0 for objects that carry no readable number.
func revisionOf(object metav1.Object) int64 {
	number, err := strconv.ParseInt(object.GetAnnotations()[v1alpha1.RevisionAnnotation], 10, 64)
	if err != nil {
		return 0
	}
	return number
}
