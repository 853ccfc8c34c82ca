package rollout

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// dressed has pods wear the metadata of the role that their revision plays now: first those to come, then those that live. Revisions
// without a role keep what they wear.
func dressed(t *turn) outcome {
	first, stable := t.roles()
	if first == nil && stable == nil {
		return goOn
	}
	if t.allNew() {
		t.dress(t.revisions.New, stable)
		return goOn
	}
	t.dress(t.revisions.New, first)
	t.dress(t.revisions.Stable, stable)
	return goOn
}

// roles are the metadata of the new revision and of the stable one.
func (t *turn) roles() (first, stable *v1alpha1.PodTemplateMetadata) {
	if t.blueGreen != nil {
		return t.blueGreen.PreviewMetadata, t.blueGreen.ActiveMetadata
	}
	return t.canary.CanaryMetadata, t.canary.StableMetadata
}

func (t *turn) dress(rs *appsv1.ReplicaSet, role *v1alpha1.PodTemplateMetadata) {
	if rs == nil {
		return
	}
	if after := revision.Dress(rs, role); after != rs {
		before := &rs.Spec.Template
		action := plan.DressReplicaSet{Name: rs.Name, Wear: plan.Wear{
			Labels:      difference(before.Labels, after.Spec.Template.Labels),
			Annotations: difference(before.Annotations, after.Spec.Template.Annotations),
		}}
		if worn, remembered := after.Annotations[v1alpha1.EphemeralMetadataAnnotation]; remembered {
			action.Worn = &worn
		}
		t.moves.dress = append(t.moves.dress, action)
	}
	for _, pod := range t.podsOf(rs) {
		if wear := t.wear(pod, role); !wear.Empty() {
			t.moves.dress = append(t.moves.dress, plan.DressPod{Name: pod.Name, Wear: wear})
		}
	}
}

// wear is what a living pod lacks of its role, and has of the other one. It does not ask what the pod wore before: a turn may have died
// between the ReplicaSet, which remembers that, and the pod.
func (t *turn) wear(pod *metav1.PartialObjectMetadata, role *v1alpha1.PodTemplateMetadata) plan.Wear {
	first, stable := t.roles()
	template := &t.ro.Spec.Template
	labels, annotations := maps.Clone(pod.Labels), maps.Clone(pod.Annotations)
	for _, other := range []*v1alpha1.PodTemplateMetadata{first, stable} {
		if other != nil {
			undress(labels, other.Labels, template.Labels)
			undress(annotations, other.Annotations, template.Annotations)
		}
	}
	if role != nil {
		labels, annotations = laid(labels, role.Labels), laid(annotations, role.Annotations)
	}
	return plan.Wear{Labels: difference(pod.Labels, labels), Annotations: difference(pod.Annotations, annotations)}
}

// undress takes off the keys of a role. Where the template has such a key, too, the template's value comes back.
func undress(worn, role, template map[string]string) {
	for key := range role {
		delete(worn, key)
		if value, own := template[key]; own {
			worn[key] = value
		}
	}
}

func laid(base, top map[string]string) map[string]string {
	if base == nil {
		base = map[string]string{}
	}
	maps.Copy(base, top)
	return base
}

// difference is what makes one map of another; nil for a key that goes, and an empty one where they are equal.
func difference(before, after map[string]string) map[string]*string {
	changes := map[string]*string{}
	for key, value := range after {
		if have, known := before[key]; !known || have != value {
			changes[key] = &value
		}
	}
	for key := range before {
		if _, stays := after[key]; !stays {
			changes[key] = nil
		}
	}
	return changes
}

// podsOf are the living pods of a ReplicaSet.
func (t *turn) podsOf(rs *appsv1.ReplicaSet) []*metav1.PartialObjectMetadata {
	var own []*metav1.PartialObjectMetadata
	for _, pod := range t.Pods {
		if pod.DeletionTimestamp == nil && metav1.IsControlledBy(pod, rs) {
			own = append(own, pod)
		}
	}
	return own
}
