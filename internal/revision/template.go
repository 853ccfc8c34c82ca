package revision

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// SameTemplate says whether two pod templates ask for the same pods: equal but for the hash label, for our own
// anti-affinity, and for what the API server fills in where a user wrote nothing.
func SameTemplate(a, b *corev1.PodTemplateSpec) bool {
	return equality.Semantic.DeepEqual(plain(a), plain(b))
}

// plain is the form in which templates are compared. Both sides are filled in, not only the one that the API server
// has not seen: an older server may have known fewer defaults than we do.
func plain(template *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	bare := WithoutHash(template)
	together(&bare.Spec)
	fillIn(&bare.Spec)
	// A mere echo of serviceAccountName, which fillIn has set from it where only the old field was written.
	bare.Spec.DeprecatedServiceAccount = ""
	return bare
}

// WithoutHash is a copy of a template without the label that names it, fit to be a Rollout's template again.
func WithoutHash(template *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	bare := template.DeepCopy()
	delete(bare.Labels, v1alpha1.DefaultRolloutUniqueLabelKey)
	return bare
}

// Written is a copy of a ReplicaSet's template as its author wrote it: without the hash label, without the metadata of
// its role and without our anti-affinity.
func Written(rs *appsv1.ReplicaSet) *corev1.PodTemplateSpec {
	bare := rs.DeepCopy()
	undress(bare)
	together(&bare.Spec.Template.Spec)
	return WithoutHash(&bare.Spec.Template)
}
