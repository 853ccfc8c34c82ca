package revision

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// keepApart keeps the pods of a new ReplicaSet off the nodes where stable ones run, if the strategy says so. Without a
// stable revision, or when the new one is it, there is nothing to keep away from.
func keepApart(ro *v1alpha1.Rollout, rs *appsv1.ReplicaSet, hash string) {
	wish := antiAffinityOf(ro.Spec.Strategy)
	if wish == nil || ro.Status.StableRS == "" || ro.Status.StableRS == hash {
		return
	}
	spec := &rs.Spec.Template.Spec
	if spec.Affinity == nil {
		spec.Affinity = &corev1.Affinity{}
	}
	if spec.Affinity.PodAntiAffinity == nil {
		spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{}
	}
	apart, term := spec.Affinity.PodAntiAffinity, awayFrom(ro.Status.StableRS, ro.Namespace)
	if preferred := wish.PreferredDuringSchedulingIgnoredDuringExecution; preferred != nil {
		apart.PreferredDuringSchedulingIgnoredDuringExecution = append(apart.PreferredDuringSchedulingIgnoredDuringExecution,
			corev1.WeightedPodAffinityTerm{Weight: preferred.Weight, PodAffinityTerm: term})
		return
	}
	apart.RequiredDuringSchedulingIgnoredDuringExecution = append(apart.RequiredDuringSchedulingIgnoredDuringExecution, term)
}

func antiAffinityOf(strategy v1alpha1.RolloutStrategy) *v1alpha1.AntiAffinity {
	switch {
	case strategy.Canary != nil:
		return strategy.Canary.AntiAffinity
	case strategy.BlueGreen != nil:
		return strategy.BlueGreen.AntiAffinity
	}
	return nil
}

// awayFrom is a node without pods of that hash.
func awayFrom(hash, namespace string) corev1.PodAffinityTerm {
	return corev1.PodAffinityTerm{
		LabelSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key:      v1alpha1.DefaultRolloutUniqueLabelKey,
			Operator: metav1.LabelSelectorOpIn,
			Values:   []string{hash},
		}}},
		Namespaces:  []string{namespace},
		TopologyKey: corev1.LabelHostname,
	}
}

// together takes back what keepApart did, down to the empty shells it may have left.
func together(spec *corev1.PodSpec) {
	if spec.Affinity == nil {
		return
	}
	if apart := spec.Affinity.PodAntiAffinity; apart != nil {
		apart.RequiredDuringSchedulingIgnoredDuringExecution = slices.DeleteFunc(
			apart.RequiredDuringSchedulingIgnoredDuringExecution, isOurs)
		apart.PreferredDuringSchedulingIgnoredDuringExecution = slices.DeleteFunc(
			apart.PreferredDuringSchedulingIgnoredDuringExecution,
			func(w corev1.WeightedPodAffinityTerm) bool { return isOurs(w.PodAffinityTerm) })
		if len(apart.RequiredDuringSchedulingIgnoredDuringExecution)+len(apart.PreferredDuringSchedulingIgnoredDuringExecution) == 0 {
			spec.Affinity.PodAntiAffinity = nil
		}
	}
	if *spec.Affinity == (corev1.Affinity{}) {
		spec.Affinity = nil
	}
}

// isOurs recognises the term by the key that only this controller selects by.
func isOurs(term corev1.PodAffinityTerm) bool {
	return term.LabelSelector != nil && slices.ContainsFunc(term.LabelSelector.MatchExpressions,
		func(r metav1.LabelSelectorRequirement) bool { return r.Key == v1alpha1.DefaultRolloutUniqueLabelKey })
}
