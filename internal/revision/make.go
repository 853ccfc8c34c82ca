package revision

import (
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Make is the ReplicaSet that runs the Rollout's template under that hash and revision number, before it was created.
// It begins without pods, and its pods wear the metadata and keep the distance that their first role asks for.
func Make(ro *v1alpha1.Rollout, hash string, number int64) *appsv1.ReplicaSet {
	template := ro.Spec.Template.DeepCopy()
	template.Labels = withHash(template.Labels, hash)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:            ro.Name + "-" + hash,
			Namespace:       ro.Namespace,
			Labels:          maps.Clone(template.Labels),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ro, v1alpha1.RolloutGVK)},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas:        new(int32(0)),
			MinReadySeconds: ro.Spec.MinReadySeconds,
			Selector:        selectorWithHash(ro.Spec.Selector, hash),
			Template:        *template,
		},
	}
	rs.Annotations = map[string]string{v1alpha1.DesiredReplicasAnnotation: strconv.Itoa(int(orOne(ro.Spec.Replicas)))}
	for key, value := range Annotations(ro, rs, number) {
		rs.Annotations[key] = *value
	}
	keepApart(ro, rs, hash)
	return Dress(rs, firstMetadata(ro))
}

func withHash(labels map[string]string, hash string) map[string]string {
	return merged(labels, map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hash})
}

func selectorWithHash(selector *metav1.LabelSelector, hash string) *metav1.LabelSelector {
	own := &metav1.LabelSelector{}
	if selector != nil {
		own = selector.DeepCopy()
	}
	own.MatchLabels = withHash(own.MatchLabels, hash)
	return own
}
