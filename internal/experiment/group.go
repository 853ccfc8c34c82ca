package experiment

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// group is one template of the Experiment with what belongs to it.
type group struct {
	name   string
	spec   *v1alpha1.TemplateSpec  // nil once the Experiment has ended: what was asked for no longer matters
	before v1alpha1.TemplateStatus // as stored
	status v1alpha1.TemplateStatus // as it will be written

	set     *appsv1.ReplicaSet // its ReplicaSet; nil for none
	birth   *appsv1.ReplicaSet // the one that would be created for it; nil where there is one, or none may be
	service *corev1.Service    // the Service that it wants; nil for none
	rival   *corev1.Service    // somebody else's Service of that name; nil for none
}

// gathered finds the groups and what belongs to them.
func gathered(t *turn) outcome {
	if t.ended() {
		for _, status := range t.ex.Status.TemplateStatuses {
			t.groups = append(t.groups, &group{name: status.Name, before: status, status: *status.DeepCopy(), set: t.setOf(status.Name)})
		}
		return goOn
	}
	for i := range t.ex.Spec.Templates {
		if spec := &t.ex.Spec.Templates[i]; t.group(spec.Name) == nil {
			t.groups = append(t.groups, t.gather(spec))
		}
	}
	return goOn
}

func (t *turn) gather(spec *v1alpha1.TemplateSpec) *group {
	g := &group{name: spec.Name, spec: spec, set: t.setOf(spec.Name)}
	g.before.Name = spec.Name
	at := slices.IndexFunc(t.ex.Status.TemplateStatuses, func(s v1alpha1.TemplateStatus) bool { return s.Name == spec.Name })
	if at >= 0 {
		g.before = t.ex.Status.TemplateStatuses[at]
	}
	g.status = *g.before.DeepCopy()
	if g.set == nil && !t.ending() && !g.before.Status.Completed() {
		g.birth = t.bear(g)
	}
	if set := g.present(); set != nil && !t.ending() {
		g.service = t.serviceFor(spec, set)
	}
	if g.service != nil {
		if found := t.serviceNamed(g.service.Name); found != nil && !metav1.IsControlledBy(found, t.ex) {
			g.rival = found
		}
	}
	return g
}

// bear makes the ReplicaSet of a group under the first name that is free.
func (t *turn) bear(g *group) *appsv1.ReplicaSet {
	for {
		set := newReplicaSet(t.ex, g.spec, g.status.CollisionCount)
		if !t.taken(set.Name) {
			return set
		}
		g.status.CollisionCount = new(count(g.status.CollisionCount) + 1)
	}
}

// taken tells whether a ReplicaSet bears a name, or one that this turn creates does.
func (t *turn) taken(name string) bool {
	return slices.ContainsFunc(t.ReplicaSets, func(rs *appsv1.ReplicaSet) bool { return rs.Name == name }) ||
		slices.ContainsFunc(t.groups, func(g *group) bool { return g.birth != nil && g.birth.Name == name })
}

// own are the ReplicaSets that the Experiment controls, the oldest first.
func (t *turn) own() []*appsv1.ReplicaSet {
	own := slices.DeleteFunc(slices.Clone(t.ReplicaSets), func(rs *appsv1.ReplicaSet) bool { return !metav1.IsControlledBy(rs, t.ex) })
	slices.SortFunc(own, func(a, b *appsv1.ReplicaSet) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return own
}

// setOf is the ReplicaSet of a template; nil for none.
func (t *turn) setOf(template string) *appsv1.ReplicaSet {
	for _, rs := range t.own() {
		if rs.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey] == template {
			return rs
		}
	}
	return nil
}

func (t *turn) group(name string) *group {
	at := slices.IndexFunc(t.groups, func(g *group) bool { return g.name == name })
	if at < 0 {
		return nil
	}
	return t.groups[at]
}

// wanted is the number of pods that the group is to have while it runs.
func (g *group) wanted() int32 { return v1alpha1.TemplateReplicas(g.spec) }

// present is the ReplicaSet of the group, also while it is only about to be created; nil for none.
func (g *group) present() *appsv1.ReplicaSet {
	if g.set != nil {
		return g.set
	}
	return g.birth
}

// complete tells whether the group has its pods and its name. Numbers that were counted before the ReplicaSet last changed, or before it
// changes in this turn, tell nothing.
func (g *group) complete() bool {
	if g.rival != nil || g.status.AvailableReplicas != g.wanted() {
		return false
	}
	return g.set == nil || (revision.Replicas(g.set) == g.wanted() && g.set.Status.ObservedGeneration >= g.set.Generation)
}

// dying tells whether somebody deletes the group's ReplicaSet: nothing is written to it any more.
func (g *group) dying() bool { return g.set != nil && g.set.DeletionTimestamp != nil }

// deadline is when the group fails unless something about its pods changes before; false while nothing was counted.
func (g *group) deadline(ex *v1alpha1.Experiment) (time.Time, bool) {
	if g.status.LastTransitionTime == nil {
		return time.Time{}, false
	}
	return g.status.LastTransitionTime.Add(v1alpha1.ExperimentProgressDeadline(ex)), true
}

// counted takes over the numbers of pods. What changes in them starts the time anew that is left for progress.
func counted(t *turn) outcome {
	for _, g := range t.groups {
		s := &g.status
		s.Replicas, s.UpdatedReplicas = revision.Created(g.set), revision.Created(g.set)
		s.ReadyReplicas, s.AvailableReplicas = 0, revision.Available(g.set)
		if g.set != nil {
			s.ReadyReplicas = g.set.Status.ReadyReplicas
		}
		if set := g.present(); set != nil && !t.ended() {
			s.PodTemplateHash = revision.HashOf(set)
		}
		if g.moved() || (t.alive() && g.misfit()) {
			s.LastTransitionTime = t.timestamp()
		}
	}
	return goOn
}

// moved tells whether the numbers are other than the stored ones.
func (g *group) moved() bool {
	a, b := g.before, g.status
	return a.Replicas != b.Replicas || a.ReadyReplicas != b.ReadyReplicas || a.AvailableReplicas != b.AvailableReplicas
}

// misfit tells whether the group's ReplicaSet is to be created or to be given another number of pods.
func (g *group) misfit() bool {
	if g.before.Status.Completed() || g.dying() {
		return false
	}
	return g.set == nil || revision.Replicas(g.set) != g.wanted()
}

func count(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

// suffix keeps the names apart that a template gets after a clash.
func suffix(collisions *int32) string {
	if count(collisions) == 0 {
		return ""
	}
	return "-" + strconv.Itoa(int(*collisions))
}
