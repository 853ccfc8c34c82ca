package rollout

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

var later = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// set is a ReplicaSet of a revision with its pods available.
func set(name string, replicas int32, worn string) *appsv1.ReplicaSet {
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Annotations: map[string]string{}}}
	rs.Spec.Replicas, rs.Status.AvailableReplicas = &replicas, replicas
	if worn != "" {
		rs.Annotations[v1alpha1.EphemeralMetadataAnnotation] = worn
		rs.Spec.Template.Labels = map[string]string{"role": "canary"}
	}
	return rs
}

func pod(name, set string, age time.Duration, labels map[string]string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID(name), Labels: labels, CreationTimestamp: metav1.NewTime(later.Add(-age)),
		OwnerReferences: []metav1.OwnerReference{{UID: types.UID(set), Controller: new(true)}},
	}}
}

func said(actions []plan.Action) []string {
	var words []string
	for _, action := range actions {
		words = append(words, action.String())
	}
	return words
}

func TestPodsWearTheirRole(t *testing.T) {
	role := func(name string) *v1alpha1.PodTemplateMetadata {
		return &v1alpha1.PodTemplateMetadata{Labels: map[string]string{"role": name}, Annotations: map[string]string{name: "yes"}}
	}
	const worn = `{"labels":{"role":"canary"},"annotations":{"canary":"yes"}}`
	for name, test := range map[string]struct {
		promoted bool
		fresh    *appsv1.ReplicaSet
		pods     []*metav1.PartialObjectMetadata
		want     []string
	}{
		"a canary that wears its role": {fresh: set("new", 1, worn), pods: []*metav1.PartialObjectMetadata{
			{ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"role": "canary"}, Annotations: map[string]string{"canary": "yes"}, OwnerReferences: []metav1.OwnerReference{{UID: "new", Controller: new(true)}}}},
		}},
		"after the promotion it is stable, and so are its pods": {
			promoted: true, fresh: set("new", 1, worn), pods: []*metav1.PartialObjectMetadata{pod("p", "new", 0, map[string]string{"role": "canary", "app": "web"})},
			want: []string{"dress new role=stable stable=yes", "dress pod p role=stable stable=yes"},
		},
		"a turn that died between the two left a pod behind": {
			promoted: true, fresh: set("new", 1, `{"labels":{"role":"stable"},"annotations":{"stable":"yes"}}`),
			pods: []*metav1.PartialObjectMetadata{
				{ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"role": "canary"}, Annotations: map[string]string{"canary": "yes", "own": "x"}, OwnerReferences: []metav1.OwnerReference{{UID: "new", Controller: new(true)}}}},
			},
			want: []string{"dress pod p role=stable -canary stable=yes"},
		},
		"pods of somebody else": {promoted: true, fresh: set("new", 1, `{"labels":{"role":"stable"},"annotations":{"stable":"yes"}}`), pods: []*metav1.PartialObjectMetadata{pod("p", "other", 0, nil)}},
	} {
		t.Run(name, func(t *testing.T) {
			turn := begin(World{Pods: test.pods, Rollout: &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Strategy: v1alpha1.RolloutStrategy{
				Canary: &v1alpha1.CanaryStrategy{CanaryMetadata: role("canary"), StableMetadata: role("stable")},
			}}}}, later)
			turn.hash, turn.status.StableRS = "n", "s"
			turn.revisions.New = test.fresh
			turn.revisions.Stable = set("old", 1, `{"labels":{"role":"stable"},"annotations":{"stable":"yes"}}`)
			if test.promoted {
				turn.status.StableRS, turn.revisions.Stable = "n", test.fresh
			}
			dressed(turn)
			if diff := cmp.Diff(test.want, said(turn.moves.dress)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestart(t *testing.T) {
	at := metav1.NewTime(later.Add(-time.Minute))
	for name, test := range map[string]struct {
		restartAt, restartedAt *metav1.Time
		available              int32
		pods                   []*metav1.PartialObjectMetadata
		want                   []string
		done                   bool
		wake                   time.Duration
	}{
		"nobody asked": {available: 4, pods: []*metav1.PartialObjectMetadata{pod("a", "web", time.Hour, nil)}},
		"it was done":  {restartAt: &at, restartedAt: &at, available: 4, pods: []*metav1.PartialObjectMetadata{pod("a", "web", time.Hour, nil)}, done: true},
		"one of four may be unavailable": {
			restartAt: &at, available: 4, pods: []*metav1.PartialObjectMetadata{pod("a", "web", time.Hour, nil), pod("b", "web", time.Hour, nil)},
			want: []string{"evict a"}, wake: restartPoll,
		},
		"one is missing already": {restartAt: &at, available: 3, pods: []*metav1.PartialObjectMetadata{pod("b", "web", time.Hour, nil)}, wake: restartPoll},
		"a pod that came since":  {restartAt: &at, available: 4, pods: []*metav1.PartialObjectMetadata{pod("c", "web", time.Second, nil)}, done: true},
		"its time has not come":  {restartAt: &metav1.Time{Time: later.Add(time.Hour)}, available: 4, pods: []*metav1.PartialObjectMetadata{pod("a", "web", 2*time.Hour, nil)}, wake: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			ro := &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Replicas: new(int32(4)), RestartAt: test.restartAt, Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{}}}}
			ro.Status.RestartedAt = test.restartedAt
			turn := begin(World{Pods: test.pods, Rollout: ro}, later)
			rs := set("web", 4, "")
			rs.Status.AvailableReplicas = test.available
			turn.revisions.New, turn.revisions.Stable = rs, rs
			restarted(turn)
			if diff := cmp.Diff(test.want, said(turn.moves.evict)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if done := test.restartAt != nil && turn.status.RestartedAt.Equal(test.restartAt); done != test.done {
				t.Errorf("done: %t, want %t", done, test.done)
			}
			wake := time.Duration(0)
			if !turn.wake.IsZero() {
				wake = turn.wake.Sub(later)
			}
			if wake != test.wake {
				t.Errorf("it wakes after %s, want %s", wake, test.wake)
			}
		})
	}
}
